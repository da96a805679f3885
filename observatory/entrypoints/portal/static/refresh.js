// Swaps in fresher numbers without losing the place on the page. Pages work without it: see <noscript> in base.html.
"use strict";
(() => {
  const seconds = Number(document.currentScript.dataset.seconds);
  const live = document.getElementById("live");

  const busy = () => {
    const focus = document.activeElement;
    return document.hidden || String(getSelection()) !== "" || (focus && focus.matches("input, select, details *"));
  };

  const swap = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of ["main", "footer > span:first-child"]) {
      const [old, next] = [document.querySelector(part), fresh.querySelector(part)];
      if (!old || !next || old.innerHTML === next.innerHTML) continue;
      const open = [...old.querySelectorAll("details")].map((one) => one.open);
      const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
      old.innerHTML = next.innerHTML;
      old.querySelectorAll("details").forEach((one, index) => { one.open = Boolean(open[index]); });
      if (focused) old.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
  };

  const refresh = async () => {
    if (busy()) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      swap(await answer.text());
      live.textContent = "";
    } catch {
      live.textContent = "Observatory does not answer; these numbers are getting old.";
    }
  };
  setInterval(refresh, seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
