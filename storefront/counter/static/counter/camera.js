// Reads QR codes with the camera: by the browser's own detector where it has one, else by sending small pictures to the server.
(() => {
  const GAP_MS = 1000;         // between two reads
  const SAME_CODE_MS = 5000;   // the same code is not read again sooner
  const FRAME_GAP_MS = 700;    // between two pictures for the server
  const FRAME_SIDE = 720;
  const { check, show, showOffline, remember, remembered } = window.counter;
  const last = { text: "", at: 0 };
  let stream = null;
  let facing = "environment";
  let box = null;

  const part = (name) => box.querySelector(`[data-${name}]`);
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

  async function detector() {
    if (!("BarcodeDetector" in window)) { return null; }
    const formats = await BarcodeDetector.getSupportedFormats();
    return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  }

  async function start() {
    stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1280 } } });
    } catch {
      part("blocked").hidden = false;
      part("ask").hidden = true;
      remember("counter-camera", "off");
      return;
    }
    const video = part("video");
    video.srcObject = stream;
    await video.play();
    remember("counter-camera", "on");
    box.classList.add("running");
    part("blocked").hidden = true;
    await showTools();
    watch(video, stream, await detector());
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    if (box) {
      box.classList.remove("running");
      ["stop", "turn", "torch"].forEach((name) => { part(name).hidden = true; });
      part("start").hidden = false;
    }
  }

  async function showTools() {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    part("start").hidden = true;
    part("stop").hidden = false;
    part("turn").hidden = cameras.length < 2;
    part("torch").hidden = !stream.getVideoTracks()[0].getCapabilities?.().torch;
  }

  async function watch(video, mine, ownDetector) {
    while (stream === mine && video.isConnected) {
      if (video.readyState >= 2 && !document.hidden) {
        const isRead = ownDetector ? await readHere(ownDetector, video) : await readThere(video);
        if (isRead) { await wait(GAP_MS); }
      }
      await wait(ownDetector ? 150 : FRAME_GAP_MS);
    }
    if (stream === mine) { stop(); }
  }

  async function readHere(ownDetector, video) {
    const [found] = await ownDetector.detect(video).catch(() => []);
    if (!found || (found.rawValue === last.text && Date.now() - last.at < SAME_CODE_MS)) { return false; }
    Object.assign(last, { text: found.rawValue, at: Date.now() });
    check(found.rawValue);
    return true;
  }

  async function readThere(video) {
    const side = Math.min(video.videoWidth, video.videoHeight);
    const canvas = Object.assign(document.createElement("canvas"), { width: FRAME_SIDE, height: FRAME_SIDE });
    const left = (video.videoWidth - side) / 2;
    const top = (video.videoHeight - side) / 2;
    canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, FRAME_SIDE, FRAME_SIDE);
    const frame = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.7); });
    const body = new FormData();
    body.append("frame", frame, "frame.jpg");
    body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const answer = await fetch(box.dataset.camera, { method: "POST", body, signal: AbortSignal.timeout(8000) });
      if (answer.status === 204 || !video.isConnected) { return false; }
      if (answer.headers.get("content-type")?.startsWith("text/html")) {
        show(await answer.text(), answer.redirected ? answer.url : location.href);
        return true;
      }
    } catch {
      if (video.isConnected) { showOffline(() => location.reload()); }
    }
    return false;
  }

  async function toggleTorch(button) {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: isOn }] });
    button.setAttribute("aria-pressed", String(isOn));
  }

  function turn() {
    facing = facing === "environment" ? "user" : "environment";
    return start();
  }

  function arrive() {
    const found = document.querySelector("[data-camera]");
    if (found === box) { return; }
    stop();
    box = found;
    if (!box || !navigator.mediaDevices?.getUserMedia) { return; }
    box.hidden = false;
    if (remembered("counter-camera") === "on") { start(); }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-camera] button");
    if (!button) { return; }
    if (button.matches("[data-start]")) { start(); }
    if (button.matches("[data-stop]")) { stop(); remember("counter-camera", "off"); }
    if (button.matches("[data-turn]")) { turn(); }
    if (button.matches("[data-torch]")) { toggleTorch(button); }
  });
  addEventListener("pagehide", stop);
  document.addEventListener("counter:arrived", arrive);
  arrive();
})();
