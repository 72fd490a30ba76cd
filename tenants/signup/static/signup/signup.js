// The browser's time zone goes with the form; a second click on the button does not send it twice.
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
