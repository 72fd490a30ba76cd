// Keys of lists of tasks: "/" searches, J and K go down and up. A picture that is too large is refused before it is sent.
const names = () => [...document.querySelectorAll(".task-row .name, .task-card .name")];
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "/") {
    const search = document.querySelector(".filters input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  } else if (event.key === "j" || event.key === "k") {
    const all = names();
    const at = all.indexOf(document.activeElement);
    const next = all[event.key === "j" ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0)];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }
});
document.addEventListener("change", (event) => {
  const input = event.target.closest("input[type=file][data-most-mb]");
  if (!input) return;
  const most = Number(input.dataset.mostMb);
  const large = [...input.files].some((file) => file.size > most * 1024 * 1024);
  input.setCustomValidity(large ? `At most ${most} MB` : "");
  const help = document.getElementById(`${input.id}_helptext`);
  if (help) help.classList.toggle("too-large", large);
  input.form.querySelector("[type=submit]").disabled = large;
});
// "All in this list" shows on the rows too; a row that is taken out makes it less than all.
document.addEventListener("change", ({ target }) => {
  if (target.name === "all" && target.form) {
    for (const pick of target.form.querySelectorAll("[name=task]")) pick.checked = target.checked;
  } else if (target.name === "task" && !target.checked && target.form?.elements.all) {
    target.form.elements.all.checked = false;
  }
});
// A link to a folded part opens it.
const opened = location.hash && document.querySelector(`details${location.hash}`);
if (opened) opened.open = true;
