// What can be moved by its own buttons and forms can be dragged too. A thing with data-drag goes to a place with data-drop: it presses
// its own data-to of that name, or sends #drag-form to the address in data-drag, with the place's name as the day.
let held = null;
const move = (place) => {
  if (!held || place.contains(held)) return null;
  const own = held.querySelector(`[data-to="${place.dataset.drop}"]`);
  if (own) return () => (own.requestSubmit ? own.requestSubmit() : own.click());
  const form = held.dataset.drag && document.getElementById("drag-form");
  return form && (() => {
    form.action = held.dataset.drag;
    form.elements.day.value = place.dataset.drop;
    form.elements.time.value = held.dataset.time;
    form.requestSubmit();
  });
};
const mark = (place) => {
  for (const one of document.querySelectorAll("[data-over]")) if (one !== place) delete one.dataset.over;
  if (place) place.dataset.over = "";
};
const placeOf = (event) => {
  const place = event.target.closest ? event.target.closest("[data-drop]") : null;
  return place && move(place) ? place : null;
};
for (const thing of document.querySelectorAll("[data-drag]")) thing.draggable = true;
document.addEventListener("dragstart", (event) => {
  held = event.target.closest ? event.target.closest("[data-drag]") : null;
  if (!held) return;
  event.dataTransfer.effectAllowed = "move";
  held.dataset.held = "";
});
document.addEventListener("dragover", (event) => {
  const place = placeOf(event);
  mark(place);
  if (place) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const place = placeOf(event);
  if (!place) return;
  event.preventDefault();
  move(place)();
});
document.addEventListener("dragend", () => {
  mark(null);
  if (held) delete held.dataset.held;
  held = null;
});
