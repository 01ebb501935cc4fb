/** "Needs you" first: who waits, for how long, in which order, with the action beside it. */

import { spell } from "../../core/clock";
import { personOf } from "../../core/classroom";
import { region, t } from "../../i18n";
import type { State } from "../../protocol/messages";
import { Icon } from "../../ui/icon";

const SHOWN = 4;

interface Props {
  room: State;
  nowMs: number;
  onLower: (user: string) => void;
  onAll: () => void;
}

export function Needs({ room, nowMs, onLower, onAll }: Props) {
  const hands = room.hands.flatMap((hand) => {
    const person = personOf(room, hand.user);
    return person ? [{ ...hand, name: person.name }] : [];
  });
  return (
    <section class="needs" aria-label={t("class.needsYou")} hidden={hands.length === 0}>
      <ol class="queue">
        {hands.slice(0, SHOWN).map((hand, place) => (
          <li key={hand.user} class={`who${place === 0 ? " n1" : ""}`} data-testid="hand-item" data-user={hand.user}>
            <span class="badge hand num">
              {place === 0 && <Icon name="hand" class="s" />}
              {place + 1}
            </span>
            <bdi class="clip">{hand.name}</bdi>
            <span class="num mut sm">{spell(nowMs - hand.at, region())}</span>
            {place === 0 && (
              <button
                class="btn pri s"
                onClick={() => onLower(hand.user)}
              >
                <span aria-hidden="true">{t("class.lower")}</span>
                <span class="sr">{t("class.lowerHandOf", { name: hand.name })}</span>
                <kbd class="kbd dk" aria-hidden="true">F</kbd>
              </button>
            )}
          </li>
        ))}
      </ol>
      <button class="btn ghost s all" onClick={onAll}>
        <Icon name="hand" class="s" />
        <span class="word">{t("class.allHands")}</span>
        <bdi class="num">{hands.length}</bdi>
      </button>
    </section>
  );
}
