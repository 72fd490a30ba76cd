// Opens <dialog id="x"> from <button data-dialog="x"> or <a href="own page" data-dialog="x">; a click beside it closes it.
const outside = (box, { clientX: x, clientY: y }) => x < box.left || x > box.right || y < box.top || y > box.bottom;
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) { event.preventDefault(); dialog.showModal(); }
  if (event.target.matches("dialog.dialog") && outside(event.target.getBoundingClientRect(), event)) event.target.close();
});
