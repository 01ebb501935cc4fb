// Keeps the exam page working without a link: the shell and the files that an exam needs, and nothing else.
// It sees only what pages under /exams/ ask for; the API, uploads and pictures of others pass it by untouched.
// The build puts the list of files and its version in place of the two names in capitals.
const FILES = __FILES__;
const CACHE = "lectern-exam-" + __VERSION__;
const SHELL = "/exams/";
const SHELL_DEADLINE_MS = 4000;

self.addEventListener("install", (event) => {
  // The name of a file under /assets/ changes with its contents; only the shell may be old in the browser's own cache.
  const fresh = FILES.map((file) => new Request(file, { cache: file.startsWith("/assets/") ? "default" : "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

// A new version waits until the pages of the old one are closed: no exam changes under its learner.
self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("lectern-exam-") && name !== CACHE;
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
