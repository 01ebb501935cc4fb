/** Says what happened to those who hear the page: chat and hands politely, in batches of two seconds. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Visit } from "./visit";

const BATCH_MS = 2000;
const LINES_MAX = 5;

export function Announcer({ visit, leads }: { visit: Visit; leads: boolean }) {
  const { store } = visit;
  const room = store.room.value;
  const { chat, hands, people } = room;
  const [said, setSaid] = useState("");
  const seen = useRef({ seq: chat.at(-1)?.seq ?? 0, hands: new Set(hands.map((hand) => hand.user)), quiz: null as string | null });
  const waiting = useRef<string[]>([]);
  const you = store.you.value;

  for (const line of chat) {
    if (line.seq <= seen.current.seq) continue;
    seen.current.seq = line.seq;
    if (line.user !== you && line.text !== null) {
      waiting.current.push(t("class.saidLine", { name: line.name, text: line.text }));
    }
  }
  for (const hand of hands) {
    if (seen.current.hands.has(hand.user) || hand.user === you || !leads) continue;
    const name = people.find((person) => person.user === hand.user)?.name ?? "";
    waiting.current.push(t("class.handUp", { name }));
  }
  seen.current.hands = new Set(hands.map((hand) => hand.user));

  const quiz = room.quiz && `${room.quiz.quiz} ${String(room.quiz.revealed)}`;
  if (quiz !== seen.current.quiz) {
    seen.current.quiz = quiz;
    if (room.quiz && !leads) waiting.current.push(t(room.quiz.revealed ? "class.quizShown" : "class.quizNew"));
  }

  useEffect(() => {
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return;
      const lines = waiting.current.splice(0);
      const rest = lines.length - LINES_MAX;
      const more = rest > 0 ? [t("class.andMore", { count: rest })] : [];
      setSaid([...lines.slice(0, LINES_MAX), ...more].join(". "));
    }, BATCH_MS);
    return () => clearInterval(timer);
  }, []);
  return <p class="sr" role="log" aria-live="polite">{said}</p>;
}
