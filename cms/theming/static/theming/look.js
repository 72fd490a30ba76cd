// Lets the samples follow the colours while they are chosen. Without it they show the saved colours.
const fields = ["brand_colour", "accent_colour"].map((name) => document.querySelector(`.look [name="${name}"]`));
const samples = document.querySelectorAll("iframe[data-look]");
let waiting;

function draw() {
  const [brand, accent] = fields.map((field) => field.value);
  for (const sample of samples) {
    const address = new URL(sample.src);
    address.search = new URLSearchParams({ brand, accent, scheme: sample.dataset.look });
    sample.contentWindow.location.replace(address);
  }
}

for (const field of fields) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  });
}
