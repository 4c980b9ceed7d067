/** Registers the service worker, dates a saved page, and forgets what was saved when the person signs out. */

const note = document.getElementById("saved-note");
const savedAt = document.documentElement.dataset.savedAt;

if (savedAt && note) {
  const time = note.querySelector("time");
  time.dateTime = savedAt;
  time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(savedAt));
  note.hidden = false;
}

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // without it the site works, only not offline
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) navigator.serviceWorker.controller?.postMessage("forget");
  });
}
