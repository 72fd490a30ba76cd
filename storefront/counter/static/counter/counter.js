// The counter's comfort. Without it every form still works; with it a lost network is said in the page, a scanner's keys
// reach the code field wherever the focus is, the address behind a QR code fills the field, and answers can be felt and heard.
(() => {
  const PATIENCE_MS = 8000;
  const main = () => document.querySelector("main");
  const one = (selector) => document.querySelector(selector);
  let isSending = false;

  // Puts an answer of the server into this page. An answer that is no counter page, such as the sign-in, is gone to.
  function show(html, url) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const next = page.querySelector("main");
    if (!next || !next.querySelector("[data-counter]")) { location.assign(url); return; }
    main().replaceWith(next);
    document.title = page.title;
    history.pushState({}, "", url);
    arrive();
  }

  function showOffline(again) {
    const panel = one("template[data-offline]");
    if (!panel) { return; }
    const form = one("[data-code-form]");
    const content = panel.content.cloneNode(true);
    content.querySelector("[data-again]").addEventListener("click", again);
    one("[data-counter]").replaceChildren(content, ...(form ? [form] : []), panel);
    arrive();
  }

  async function send(action, body) {
    if (isSending) { return; }
    isSending = true;
    one("[data-counter]").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(action, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) });
      show(await answer.text(), answer.redirected ? answer.url : location.href);
    } catch {
      showOffline(() => send(action, body));
    } finally {
      isSending = false;
      one("[data-counter]")?.removeAttribute("aria-busy");
    }
  }

  function check(text) {
    const form = one("[data-code-form]");
    if (!form || isSending) { return; }
    form.elements.code.value = text;
    form.requestSubmit();
  }

  // What a phone's own camera app opens: /counter/#code. The code leaves the address bar at once.
  function takeFromAddress() {
    const code = location.hash.slice(1);
    if (!/^[0-9a-z]{16}$/.test(code)) { return; }
    history.replaceState({}, "", location.pathname);
    check(code);
  }

  // --- What can be felt and heard
  const TONES = { valid: [660], done: [660, 880], warning: [330, 330], refused: [220, 180], offline: [220] };
  const SHAKES = { valid: [60], done: [60, 60, 120], warning: [200], refused: [200, 100, 200], offline: [200] };

  function remembered(key) { try { return localStorage.getItem(key); } catch { return null; } }
  function remember(key, value) { try { localStorage.setItem(key, value); } catch { /* a private window keeps nothing */ } }

  function beep(tones) {
    const context = new AudioContext();
    tones.forEach((pitch, index) => {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.frequency.value = pitch;
      loudness.gain.value = 0.15;
      tone.connect(loudness).connect(context.destination);
      tone.start(context.currentTime + index * 0.16);
      tone.stop(context.currentTime + index * 0.16 + 0.13);
    });
    setTimeout(() => context.close(), 1000);
  }

  function announce(panel) {
    panel.focus({ preventScroll: true });
    scrollTo(0, 0);
    if (remembered("counter-sound") !== "on") { return; }
    const face = Object.keys(TONES).find((name) => panel.classList.contains(name));
    navigator.vibrate?.(SHAKES[face] ?? []);
    if (face) { beep(TONES[face]); }
  }

  function arrive() {
    const sound = one("[data-sound]");
    if (sound) {
      one("[data-sound-row]").hidden = false;
      sound.checked = remembered("counter-sound") === "on";
    }
    const panel = one(".state-panel");
    if (panel) { announce(panel); }
    document.dispatchEvent(new CustomEvent("counter:arrived"));
  }

  // --- Events
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-send]");
    if (!form) { return; }
    event.preventDefault();
    send(form.action, new FormData(form));
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-sound]")) { remember("counter-sound", event.target.checked ? "on" : "off"); }
  });

  // A hardware scanner types. Its first letter brings the focus to the code field, so that its Enter confirms nothing else.
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
    if (isTyping || event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) { return; }
    const field = one("[data-code-form] [name=code]");
    if (field) { field.value = ""; field.focus(); }
  });

  addEventListener("popstate", () => location.reload());
  addEventListener("hashchange", takeFromAddress);

  window.counter = { check, show, showOffline, remember, remembered };
  arrive();
  takeFromAddress();
})();
