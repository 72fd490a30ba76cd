/* Sorts a list by the browser's position: fills the form's `near` and sends it. Without script the form's district does. */
for (const button of document.querySelectorAll("[data-position]")) {
  if (!("geolocation" in navigator)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const form = document.getElementById(button.dataset.position);
    const told = document.getElementById(`${form.id}-told`);
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.near.value = `${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`;
        form.requestSubmit();
      },
      () => {
        button.removeAttribute("aria-busy");
        told.textContent = button.dataset.refused;
      },
      { timeout: 8000, maximumAge: 300000 },
    );
  });
}
