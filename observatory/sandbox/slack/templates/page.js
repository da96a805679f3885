"use strict";
// Times in the reader's zone, new messages without a reload, and the end of the channel in sight.
const panes = ["channels", "timeline", "thread"];
const atEnd = (pane) => pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;

function localise() {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.textContent = clock.format(at);
    time.title = at.toLocaleString();
  }
  for (const origin of document.querySelectorAll("[data-origin]")) origin.textContent = location.origin;
}

async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of panes) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (!old || !now) continue;
    const follow = atEnd(old);
    old.replaceChildren(...now.childNodes);
    if (follow && id !== "channels") old.scrollTop = old.scrollHeight;
  }
  document.body.dataset.revision = fresh.body.dataset.revision;
  localise();
}

async function watch() {
  try {
    const revision = await (await fetch("/revision")).text();
    if (revision !== document.body.dataset.revision) await refresh();
  } catch {
    // The server is away; it is asked again.
  }
  setTimeout(watch, 1000);
}

localise();
document.querySelector("nav .here")?.scrollIntoView({ block: "nearest", inline: "center" });
const target = location.hash && document.getElementById(location.hash.slice(1));
const timeline = document.getElementById("timeline");
if (target) target.scrollIntoView({ block: "center" });
else timeline.scrollTop = timeline.scrollHeight;
setTimeout(watch, 1000);
