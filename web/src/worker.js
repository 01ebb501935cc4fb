// Keeps a page working without a link: the shell and the files that an exam, or a lesson of the tutor, needs, and nothing else.
// It sees only what these pages ask for; the API, uploads and pictures of others pass it by untouched.
// The build makes one for each, and puts its name, its shell, its list of files and their version in place of the names in capitals.
const FILES = __FILES__;
const OURS = "lectern-" + __NAME__ + "-";
const CACHE = OURS + __VERSION__;
const SHELL = __SHELL__;
const SHELL_DEADLINE_MS = 4000;

self.addEventListener("install", (event) => {
  // The name of a file under /assets/ changes with its contents; only the shell may be old in the browser's own cache.
  const fresh = FILES.map((file) => new Request(file, { cache: file.startsWith("/assets/") ? "default" : "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

// A new version waits until the pages of the old one are closed: nothing changes under its learner.
self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(OURS) && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

async function kept(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

// The school's own shell while it answers in time, so that a new version is seen; else the one that is here.
async function shell(request) {
  const stop = new AbortController();
  const deadline = setTimeout(() => stop.abort(), SHELL_DEADLINE_MS);
  try {
    const answer = await fetch(request, { signal: stop.signal });
    if (answer.status < 500) return answer;
  } catch {
    // No link, or no school: the shell of this browser serves.
  } finally {
    clearTimeout(deadline);
  }
  const cache = await caches.open(CACHE);
  return (await cache.match(SHELL, { ignoreVary: true })) ?? Response.error();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname.startsWith(SHELL)) event.respondWith(shell(request));
  else if (FILES.includes(pathname)) event.respondWith(kept(request));
});
