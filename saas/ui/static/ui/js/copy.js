// Shows the copy buttons and makes them work: <button hidden data-copy="id of the text" data-copied="what to say then">.
// With data-bare the spaces that group a code are left out.
document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = !navigator.clipboard; });
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent.trim();
  await navigator.clipboard.writeText("bare" in button.dataset ? text.replaceAll(" ", "") : text);
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", button.dataset.copied);
  button.classList.add("copied");
  setTimeout(() => { button.classList.remove("copied"); button.setAttribute("aria-label", label); }, 2000);
});
