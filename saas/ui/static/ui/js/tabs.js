// On a phone tabs and the console's menu are one row that scrolls: brings the current one into sight.
document.querySelectorAll(".tabs [aria-current], .side-nav [aria-current]").forEach((link) => {
  const row = link.parentElement;
  row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
});
