/** Small behaviour of every page: timers, copying, dialogs, menus, toasts. Pages work without it. */

const TOAST_SECONDS = 6;

/** Remaining time as 4:59 or 1:04:59: digits read the same in every language. */
export function remaining(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function tick() {
  for (const timer of document.querySelectorAll("[data-countdown]")) {
    const left = Date.parse(timer.dataset.countdown) - Date.now();
    timer.textContent = left > 0 ? remaining(left) : timer.dataset.done;
    if (left > 0) continue;
    timer.removeAttribute("data-countdown");
    timer.dispatchEvent(new CustomEvent("countdown:end", { bubbles: true }));
    if ("reload" in timer.dataset) location.reload();
  }
}

/** Shows words in the toast region. Only good news leaves by itself. */
export function toast(kind, words) {
  const shape = document.getElementById("toast-shape").content.cloneNode(true);
  const box = shape.querySelector(".toast");
  box.dataset.toast = kind;
  box.querySelector(".toast-words").textContent = words;
  document.getElementById("toasts").append(box);
}

function watchToasts() {
  const region = document.getElementById("toasts");
  const leaveLater = (box) => {
    if (box.dataset?.toast === "ok" || box.dataset?.toast === "info") setTimeout(() => box.remove(), TOAST_SECONDS * 1000);
  };
  region.querySelectorAll(".toast").forEach(leaveLater);
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(leaveLater))).observe(region, { childList: true });
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 2000);
}

/** What only works with JavaScript is hidden until it can work. */
function reveal(root) {
  if (navigator.clipboard) root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  if (navigator.geolocation) root.querySelectorAll("[data-locate]").forEach((button) => { button.hidden = false; });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  if (event.target.matches("dialog")) event.target.close(); // a click beside the sheet lands on the dialog itself
  event.target.closest("[data-toast-close]")?.closest(".toast").remove();
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("htmx:after:swap", () => { reveal(document); tick(); });
document.addEventListener("htmx:error", () => toast("stop", document.getElementById("toasts").dataset.networkWords));
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) toast("stop", document.getElementById("toasts").dataset.serverWords);
});

reveal(document);
watchToasts();
tick();
setInterval(tick, 1000);
document.querySelector("[data-focus]")?.focus();
