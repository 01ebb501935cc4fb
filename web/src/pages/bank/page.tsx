/** The question bank of a course: found by words and filters, filled by hand and by CSV. */
import { useState } from "preact/hooks";
import { download } from "../../core/download";
import { address } from "../../core/location";
import { courses } from "../../core/school";
import { bank, type BankFilter } from "../../core/teaching";
import { t } from "../../i18n";
import type { BankWords, Course, QuestionLine, QuestionState } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Empty, Trouble, Waiting } from "../../ui/states";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { usePages } from "../pages";
import { referenceOf, say } from "../words";
import { KINDS } from "./draft";
import { clearFilter, filterOf, Filters, isNarrow } from "./filters";
import { ImportDialog } from "./import";
import "./bank.css";

const BADGE: Readonly<Record<QuestionState, string>> = { draft: "badge warn", published: "badge ok", retired: "badge", held: "badge warn", recalled: "badge" };

export function StateBadge({ state }: { readonly state: QuestionState }) {
  return <span class={BADGE[state]}>{t(`bank.state.${state}`)}</span>;
}

function NewMenu({ courseId }: { readonly courseId: string }) {
  const face = (
    <>
      <Icon name="plus" />
      {t("bank.new")}
    </>
  );
  return (
    <Menu label={t("bank.new")} buttonClass="btn pri" face={face}>
      {() =>
        KINDS.map((kind) => (
          <a key={kind} class="item" href={`/courses/${courseId}/bank/new?kind=${kind}`}>
            {t(`bank.kind.${kind}`)}
          </a>
        ))
      }
    </Menu>
  );
}

function Row({ of }: { readonly of: QuestionLine }) {
  return (
    <tr>
      <th scope="row">
        <a class="bank-title" href={`/questions/${of.id}`}>
          <bdi>{of.title}</bdi>
        </a>
        <span class="sm mut ph">
          {t(`bank.kind.${of.kind}`)} · {t("bank.levelIs", { level: of.level })}
        </span>
        {of.tags.length > 0 && (
          <bdi class="xs mut wrapany">{of.tags.join(" · ")}</bdi>
        )}
      </th>
      <td class="dk">{t(`bank.kind.${of.kind}`)}</td>
      <td class="dk wrapany">
        <bdi>{of.skills.join(", ")}</bdi>
      </td>
      <td class="dk r">{t("common.number", { value: of.level })}</td>
      <td class="dk r">{t("common.number", { value: of.difficulty })}</td>
      <td class="r">
        <StateBadge state={of.state} />
      </td>
    </tr>
  );
}

function Table({ lines }: { readonly lines: readonly QuestionLine[] }) {
  return (
    <table class="tbl">
      <caption class="sr">{t("bank.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("bank.question")}</th>
          <th scope="col" class="dk">
            {t("bank.kind")}
          </th>
          <th scope="col" class="dk">
            {t("bank.skills")}
          </th>
          <th scope="col" class="dk r">
            {t("bank.level")}
          </th>
          <th scope="col" class="dk r">
            {t("bank.difficulty")}
          </th>
          <th scope="col" class="r">
            {t("bank.state")}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <Row key={line.id} of={line} />
        ))}
      </tbody>
    </table>
  );
}

function None({ filter }: { readonly filter: BankFilter }) {
  if (!isNarrow(filter))
    return (
      <Empty icon="book" title={t("bank.none")}>
        <p>{t("bank.noneDo")}</p>
      </Empty>
    );
  return (
    <Empty icon="search" title={t("bank.noneFits")}>
      <Button onClick={clearFilter}>{t("bank.clear")}</Button>
    </Empty>
  );
}

async function save(course: Course): Promise<void> {
  try {
    download(`${course.title}.csv`, await bank.exportCsv(course.id));
  } catch (error) {
    toast(say(error));
  }
}

interface Loaded {
  readonly course: Course;
  readonly words: BankWords;
}

function Bank({ course, words, again }: Loaded & { readonly again: () => void }) {
  const filter = filterOf(address.value);
  const { list, more, again: reload } = usePages((cursor, signal) => bank.page(course.id, filter, cursor, signal), [course.id, ...Object.values(filter)]);
  const [importing, setImporting] = useState(false);
  const imported = () => {
    again();
    reload();
  };
  return (
    <>
      <div class="greet bank-head">
        <div class="sp">
          <a class="crumb" href={`/courses/${course.id}`}>
            <Icon name="left" class="s mir" />
            <bdi>{course.title}</bdi>
          </a>
          <h1>{t("bank.title")}</h1>
        </div>
        <Button icon="upload" onClick={() => setImporting(true)}>
          {t("bank.import")}
        </Button>
        <Button icon="download" onClick={() => void save(course)}>
          {t("bank.export")}
        </Button>
        <NewMenu courseId={course.id} />
      </div>
      <Filters filter={filter} words={words} />
      <section class="card bank-card" aria-label={t("bank.title")} aria-busy={list.busy}>
        {list.items.length > 0 && <Table lines={list.items} />}
        {list.busy && list.items.length === 0 && <Waiting lines={6} />}
        {list.error !== undefined && <Trouble says={say(list.error)} reference={referenceOf(list.error)} onRetry={more} />}
        {!list.busy && list.error === undefined && list.items.length === 0 && <None filter={filter} />}
        {list.cursor !== null && !list.busy && list.error === undefined && (
          <div class="more">
            <Button onClick={more}>{t("common.more")}</Button>
          </div>
        )}
      </section>
      {importing && <ImportDialog courseId={course.id} onImported={imported} onClose={() => setImporting(false)} />}
    </>
  );
}

export function BankPage({ courseId }: { readonly courseId: string }) {
  const loading = useLoading(async (signal): Promise<Loaded> => {
    const [course, words] = await Promise.all([courses.get(courseId, signal), bank.words(courseId, signal)]);
    return { course, words };
  }, [courseId]);
  return (
    <Frame title={t("bank.title")}>
      <Ready of={loading} lines={8}>
        {(loaded) => <Bank {...loaded} again={loading.again} />}
      </Ready>
    </Frame>
  );
}
