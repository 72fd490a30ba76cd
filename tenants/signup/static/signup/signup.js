// The browser's time zone goes with the form; a second click on the button does not send it twice; a suggested address that
// comes late does not take the place of one that is being typed.
for (const field of document.querySelectorAll("[data-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
for (const form of document.querySelectorAll("form[data-once]")) {
  let sentAt = 0;
  form.addEventListener("submit", (event) => {
    if (Date.now() - sentAt < 8000) event.preventDefault();
    else sentAt = Date.now();
  });
  window.addEventListener("pageshow", () => { sentAt = 0; });
}
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "address") return;
  const field = document.querySelector("#address [name=slug]");
  const asked = event.detail.requestConfig.parameters.slug || "";
  if (field && field.value !== asked) event.detail.shouldSwap = false;
});
