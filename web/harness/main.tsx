/** A class of drawn people for looking at the pages without a server; no part of the bundle. */

import { render } from "preact";
import { learn, speak, type Locale } from "../src/i18n";
import { Devices } from "../src/media/devices";
import { LocalMedia } from "../src/media/local";
import type { Playing } from "../src/media/subscribe";
import ClassPage from "../src/pages/class";
import { Visit } from "../src/pages/class/visit";
import { Ended } from "../src/pages/class/ended";
import type { LiveClass } from "../src/protocol/api";
import type { ChatLine, Person, Source } from "../src/protocol/messages";
import { Toasts } from "../src/ui/toast";
import "../src/ui/theme.css";

const NAMES = [
  "Amara Okafor", "Mateo Fernández", "Nguyễn Minh Anh", "Thandiwe Nkosi", "Omar Haddad", "Aiko Tanaka",
  "Zainab Al-Hassan", "Lukas Weber", "Priya Raghunathan", "Oluwaseun Adeyemi", "Sofía Castellanos Rivera",
  "Yusuf Demir", "Ingrid Solberg", "Emília Carvalho", "Leilani Kahananui", "Kwame Mensah", "Chloé Dubois",
  "Dmytro Kovalenko", "Fatima Zahra Bennani", "Park Ji-woo", "Arjun Mehta", "Siobhán O’Connor", "Chen Mei-Ling",
  "Noah van der Berg", "Tomasz Wiśniewski", "ليلى بنت عبد الرحمن الهاشمي", "Maximiliana Featherstonehaugh-Cholmondeley",
  "Rafael Monteiro da Silva", "Nomvula Dlamini", "Ezra Goldberg",
];
const asked = new URLSearchParams(location.search);
const count = Number(asked.get("people") ?? "30");
const role = asked.get("role") === "student" ? "student" : "teacher";
const now = Date.now();

const live: LiveClass = {
  id: "c", course_id: "k", course_title: "Maths 8B", title: "Slope of a line", state: "open",
  starts_at: new Date(now - 1_500_000).toISOString(), ends_at: new Date(now + 1_200_000).toISOString(),
  opened_at: new Date(now - 1_456_000).toISOString(), closed_at: null, my_role: role,
};

const people: Person[] = NAMES.slice(0, count).map((name, place) => ({
  user: `u${place}`,
  name,
  role: place === 0 ? "teacher" : "student",
  joined_at: now - 1_400_000 + place * 1000,
  tracks: tracksOf(place),
}));
const you = role === "teacher" ? "u0" : "u8";

function tracksOf(place: number): Source[] {
  const tracks: Source[] = [];
  if ([0, 1, 19].includes(place)) tracks.push("mic");
  if (![11, 18, 23, 24, 28].includes(place)) tracks.push("camera");
  if (asked.has("share") && place === 1) tracks.push("screen");
  return tracks;
}

const said: [number, string | null][] = [
  [15, "Is the slope the same wherever I take the two points?"],
  [0, "Yes, as long as the line is straight. Try (0, 1) and (4, 9), then (1, 3) and (2, 5)."],
  [9, "8 ÷ 4 = 2 and 2 ÷ 1 = 2. Same! More at https://example.org/slope."],
  [23, null],
  [21, "Miss, the board froze for a second, can you show the triangle again?"],
  [25, "هل الميل نفسه في كل مكان؟"],
  [role === "teacher" ? 0 : 8, "Of course. Coming up."],
];
const chat: ChatLine[] = said
  .filter(([who]) => who < count)
  .map(([who, text], place) => ({
    seq: 100 + place, at: now - (said.length - place) * 60_000, user: `u${who}`, name: NAMES[who] ?? "", text,
  }));

/** A face of its own for everybody, moving a little. */
function picture(place: number, width: number, height: number): MediaStreamTrack {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const draw = () => {
    if (!pen) return;
    pen.fillStyle = `hsl(${(place * 47) % 360} 25% ${55 + (place % 3) * 10}%)`;
    pen.fillRect(0, 0, width, height);
    const sway = Math.sin(performance.now() / 700 + place) * width * 0.01;
    pen.fillStyle = `hsl(${(place * 31) % 40 + 15} 45% ${35 + (place % 5) * 9}%)`;
    pen.beginPath();
    pen.arc(width / 2 + sway, height * 0.42, height * 0.2, 0, 7);
    pen.fill();
    pen.fillStyle = `hsl(${(place * 83) % 360} 40% 40%)`;
    pen.beginPath();
    pen.ellipse(width / 2, height * 1.02, height * 0.36, height * 0.4, 0, 0, 7);
    pen.fill();
  };
  draw();
  setInterval(draw, 200);
  return one(canvas.captureStream(5).getVideoTracks());
}

function slide(): MediaStreamTrack {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  const draw = () => {
    if (!pen) return;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = "#1d1c19";
    pen.font = "600 56px system-ui";
    pen.fillText("How steep is this line?", 72, 120);
    pen.font = "30px system-ui";
    pen.fillText("Pick two points that sit on the grid.", 72, 200);
    pen.strokeStyle = "#0a6073";
    pen.lineWidth = 5;
    pen.beginPath();
    pen.moveTo(700, 640);
    pen.lineTo(1180, 160);
    pen.stroke();
  };
  draw();
  setInterval(draw, 500);
  return one(canvas.captureStream(2).getVideoTracks());
}

function one(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new Error("A canvas gives one track.");
  return track;
}

function visit(): Visit {
  const local = new LocalMedia(new Devices());
  const made = new Visit(live, local, performance.now());
  made.start = () => made.call.start();
  made.store.take({
    epoch: 1, seq: 200, you, server_time: now, heartbeat_ms: 1000, away: ["u16"].slice(0, count > 16 ? 1 : 0),
    state: {
      closed: false, people, chat,
      hands: [2, 3, 4, 8].filter((place) => place < count).map((place, order) => ({ user: `u${place}`, at: now - 72_000 + order * 20_000 })),
      quiz: null,
    },
  });
  made.store.speakers.value = count > 1 ? ["u1"] : [];
  made.store.typing.value = count > 3 ? ["u3"] : [];
  local.tracks.value = { camera: picture(Number(you.slice(1)), 640, 360) };
  local.on.value = { mic: role === "teacher", camera: true };
  // The call lays its own empty slots when it starts; the drawn pictures come after.
  setTimeout(() => (made.call.receiver.playing.value = playing()), 600);
  if (asked.has("slow")) made.call.link.value = "slow";
  if (asked.has("offline")) made.store.link.value = "offline";
  if (asked.has("back")) made.store.missed.value = 4;
  if (asked.has("blocked")) made.call.sound.blocked.value = true;
  if (asked.has("react")) {
    made.store.notice({ type: "reaction", user: "u5", kind: "applause" });
    made.store.notice({ type: "reaction", user: "u9", kind: "yes" });
  }
  return made;
}

function playing(): Map<string, Playing> {
  const all = new Map<string, Playing>();
  people.forEach((person, place) => {
    if (person.user === you) return;
    if (person.tracks.includes("camera")) {
      all.set(`${person.user}/camera`, { media: picture(place, 320, 180), paused: place === 13 });
    }
    if (person.tracks.includes("screen")) all.set(`${person.user}/screen`, { media: slide(), paused: false });
  });
  return all;
}

await speak((asked.get("lang") ?? "en") as Locale);
await learn(["class"]);
const theme = asked.get("theme");
if (theme) document.documentElement.dataset["theme"] = theme;
const page = document.getElementById("page");
if (page) {
  const ended = asked.get("ended");
  if (ended) render(<Ended ending={{ why: ended === "replaced" ? "replaced" : "closed" }} onBack={() => undefined} />, page);
  else {
    const made = visit();
    Object.assign(window, { visit: made });
    render(<><ClassPage visit={made} onBack={() => undefined} /><Toasts /></>, page);
  }
}
