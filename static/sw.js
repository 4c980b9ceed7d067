/** Service worker, served at /sw.js. Pages come from the network first; of what is personal only /my is kept, and only until sign-out. */

const OFFLINE = "jishi-offline-1"; // the offline page and the files it names: the same for everybody
const STATIC = "jishi-static-1"; // files with the build's hash in their address
const PERSONAL = "jishi-personal"; // the one saved page of the person who is signed in
const KEPT_PAGE = "/my";
const HASHED = /^\/static\/[0-9a-f]{8,}\//;
const STATIC_LIMIT = 80;
const ANY = { ignoreVary: true }; // Vary names cookies and languages; a saved page is better than none

self.addEventListener("install", (event) => {
  event.waitUntil(keepOfflinePage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(PERSONAL));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (HASHED.test(url.pathname)) event.respondWith(fromCacheFirst(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(fromNetworkFirst(request));
});

/** The offline page is useless without its looks, so the files it names are kept with it. */
async function keepOfflinePage() {
  const answer = await fetch("/offline", { credentials: "omit" });
  const files = [...(await answer.clone().text()).matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((match) => match[1]);
  const cache = await caches.open(OFFLINE);
  await cache.put("/offline", answer);
  await cache.addAll([...new Set(files)]);
}

async function dropOldCaches() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => ![OFFLINE, STATIC, PERSONAL].includes(name)).map((name) => caches.delete(name)));
}

async function page(event, url) {
  try {
    const answer = await fetch(event.request);
    if (url.pathname === KEPT_PAGE) event.waitUntil(keep(answer.clone()));
    return answer;
  } catch {
    const saved = url.pathname === KEPT_PAGE && await (await caches.open(PERSONAL)).match(KEPT_PAGE, ANY);
    return saved || await caches.match("/offline", ANY) || Response.error();
  }
}

/** Keeps /my with the moment written into <html>; an answer that sends the person to sign in deletes the kept one. */
async function keep(answer) {
  if (!answer.ok || answer.redirected || answer.type !== "basic") {
    if (answer.redirected || answer.type === "opaqueredirect" || answer.status === 401) await caches.delete(PERSONAL);
    return;
  }
  const html = (await answer.text()).replace("<html ", `<html data-saved-at="${new Date().toISOString()}" `);
  const headers = new Headers(answer.headers);
  headers.delete("Content-Length");
  headers.delete("Content-Encoding");
  const cache = await caches.open(PERSONAL);
  await cache.put(KEPT_PAGE, new Response(html, { headers }));
}

async function fromCacheFirst(request) {
  return await caches.match(request, ANY) || fetchAndKeep(request);
}

async function fromNetworkFirst(request) {
  try {
    return await fetchAndKeep(request);
  } catch {
    return await caches.match(request, ANY) || Response.error();
  }
}

async function fetchAndKeep(request) {
  const answer = await fetch(request);
  if (answer.ok && answer.status !== 206) {
    const cache = await caches.open(STATIC);
    await cache.put(request, answer.clone());
    const kept = await cache.keys(); // oldest first
    await Promise.all(kept.slice(0, Math.max(0, kept.length - STATIC_LIMIT)).map((entry) => cache.delete(entry)));
  }
  return answer;
}
