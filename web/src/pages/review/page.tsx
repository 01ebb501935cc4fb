/** The reviewers' queue: the riskiest first, decided by keys, the next one already loaded. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { reviews } from "../../core/factory";
import { address, go } from "../../core/location";
import { t } from "../../i18n";
import type { Review, Reviewed, ReviewLine } from "../../protocol/api";
import { SelectField } from "../../ui/form";
import { Empty, Waiting } from "../../ui/states";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { Desk } from "./desk";
import { Edit } from "./edit";
import { riskOf } from "./risk";
import "./review.css";

interface Asked {
  readonly item: string;
  readonly edits: boolean;
}

/** What stands on the desk stands in the address: a reload comes back to it. */
function asked(): Asked {
  const query = new URLSearchParams(address.value.split("?")[1] ?? "");
  return { item: query.get("item") ?? "", edits: query.has("edit") };
}

function show(id: string): void {
  go(id ? `/reviews?item=${id}` : "/reviews", { replace: true });
}

function Queue({ queue, current }: { readonly queue: readonly ReviewLine[]; readonly current: string }) {
  const root = useRef<HTMLElement>(null);
  useEffect(() => {
    root.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <nav class="review-queue" aria-label={t("factory.queue")} ref={root}>
      <p class="sm mut">{t("factory.riskFirst")}</p>
      <ul>
        {queue.map((line) => (
          <li key={line.id}>
            <button type="button" aria-current={line.id === current ? "true" : undefined} onClick={() => show(line.id)}>
              <span class="row">
                <span class={riskOf(line.risk).badge}>{t(riskOf(line.risk).word)}</span>
                <span class="xs mut sp">{line.skill}</span>
                {line.second && <span class="badge">{t("factory.second")}</span>}
                {line.origin === "reported" && <span class="badge warn">{t("factory.reported")}</span>}
              </span>
              <bdi class="sm">{line.title}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Items that were fetched, and the one after, so that the next is there at once. */
function useItems(queue: readonly ReviewLine[], current: string) {
  const found = useRef(new Map<string, Promise<Review>>());
  const fetched = (id: string) => {
    const there = found.current.get(id) ?? reviews.get(id);
    found.current.set(id, there);
    there.catch(() => found.current.delete(id));
    return there;
  };
  const loading = useLoading(async () => {
    const item = await fetched(current);
    const after = queue[queue.findIndex(({ id }) => id === current) + 1];
    if (after) void fetched(after.id).catch(() => undefined);
    return item;
  }, [current]);
  return { loading, forget: (id: string) => found.current.delete(id) };
}

interface TableProps {
  readonly queue: readonly ReviewLine[];
  readonly onDecided: (id: string) => void;
  readonly again: () => void;
}

function Table({ queue, onDecided, again }: TableProps) {
  const { item, edits } = asked();
  const current = queue.find(({ id }) => id === item) ?? queue[0];
  const id = current?.id ?? "";
  const at = queue.findIndex((line) => line.id === id);
  const { loading, forget } = useItems(queue, id);
  const step = (by: 1 | -1) => {
    const next = queue[at + by];
    if (next) show(next.id);
    else toast(t(by === 1 ? "factory.end" : "factory.begin"));
  };
  const decided = (done: Reviewed) => {
    toast(t(`factory.became.${done.state}`));
    forget(id);
    const next = queue[at + 1] ?? queue[at - 1];
    show(next?.id ?? "");
    onDecided(id);
  };
  const stale = () => {
    forget(id);
    loading.again();
    again();
  };
  return (
    <div class="reviewing">
      <Queue queue={queue} current={id} />
      <div class="ph review-choose">
        <SelectField label={t("factory.queue")} value={id} onValue={show} options={queue.map((line) => ({ value: line.id, label: `${t(riskOf(line.risk).word)}: ${line.title}` }))} />
      </div>
      <Ready of={loading} lines={10}>
        {(review) => {
          if (review.line.id !== id) return <Waiting lines={10} />;
          return edits ? (
            <Edit key={id} review={review} onDecided={decided} onStale={stale} />
          ) : (
            <Desk key={`${id} ${review.version}`} review={review} onStep={step} onDecided={decided} onStale={stale} />
          );
        }}
      </Ready>
    </div>
  );
}

/** Who reviews alone is told what will wait for ever. */
function Alone({ decided }: { readonly decided: number }) {
  const loading = useLoading((signal) => reviews.standing(signal), [decided]);
  if (loading.now.is !== "ready") return null;
  const { needed, reviewers, for_another } = loading.now.value;
  if (needed < 2 || reviewers > 1) return null;
  return (
    <p class="banner warn round reviews-alone" data-testid="reviews-alone">
      {t("factory.alone", { count: for_another })}
    </p>
  );
}

export function ReviewsPage() {
  const loading = useLoading((signal) => reviews.queue(signal), []);
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const decided = useCallback((id: string) => setGone((old) => new Set([...old, id])), []);
  const left = loading.now.is === "ready" ? loading.now.value.items.filter(({ id }) => !gone.has(id)) : [];
  const more = loading.now.is === "ready" && loading.now.value.next_cursor !== null;
  // The list is a piece of a longer one: at its end the next piece is fetched.
  useEffect(() => {
    if (left.length === 0 && gone.size > 0) loading.again();
  }, [left.length]);
  return (
    <Frame title={t("factory.reviews")}>
      <div class="greet">
        <h1 class="sp">{t("factory.reviews")}</h1>
        <span class="sm mut" role="status">
          {t("factory.progress", { done: gone.size, waiting: left.length, more: more ? 1 : 0 })}
        </span>
      </div>
      <Alone decided={gone.size} />
      <Ready of={loading} lines={10}>
        {() =>
          left.length === 0 ? (
            <section class="card">
              <Empty icon="ok" title={t("factory.nothingWaits")}>
                <p>{t("factory.nothingWaitsText")}</p>
              </Empty>
            </section>
          ) : (
            <Table queue={left} onDecided={decided} again={loading.again} />
          )
        }
      </Ready>
    </Frame>
  );
}
