// The line to the server: says which rows changed, and when it is lost. Pages fetch rows themselves.

const POLL = 5000; // ms between looks while the line is lost
const LONGEST_WAIT = 15000;

// Calls changed(ids) with the ids of rows that changed, or with null when any may have:
// at first, after a reconnect, and every five seconds while the line is lost.
export function follow({ path, kind, ids, changed, lost }) {
  let wait = 500;
  let polling = null;

  function down() {
    lost(true);
    polling ??= setInterval(() => changed(null), POLL);
    setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function up() {
    wait = 500;
    clearInterval(polling);
    polling = null;
    lost(false);
    changed(null); // what happened before the line was up
  }

  function open() {
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(JSON.stringify({ follow: kind, ids }));
    socket.onclose = down;
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.following === kind) up();
      else if (message.kind === kind) changed([message.id]);
    };
  }

  open();
}

// Gathers what changes within `pause` ms into one call of `work`, and never runs two at once.
export function gathered(work, pause = 300) {
  let waiting = null; // null: nothing, "all", or a set of ids
  let timer = null;
  let busy = false;

  async function run() {
    timer = null;
    const ids = waiting;
    waiting = null;
    busy = true;
    try {
      await work(ids === "all" ? null : [...ids]);
    } catch {
      // The server is away: the next change, or the next look, brings it all.
    }
    busy = false;
    if (waiting) timer = setTimeout(run, pause);
  }

  return (ids) => {
    if (ids === null) waiting = "all";
    else if (waiting !== "all") waiting = new Set([...(waiting ?? []), ...ids]);
    if (!busy && !timer) timer = setTimeout(run, pause);
  };
}

export async function fetchText(url) {
  const response = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (response.redirected) location.reload(); // logged out meanwhile
  if (!response.ok) throw new Error(response.status);
  return response.text();
}
