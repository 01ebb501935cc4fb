/** How each item of an exam went, and the way to grade it anew by another key. */
import { useState } from "preact/hooks";
import { assessments } from "../../core/teaching";
import { t } from "../../i18n";
import type { Assessment, ItemStatistics } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/states";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { ExamHead } from "./head";
import { RegradeDialog } from "./regrade";

interface Loaded {
  readonly assessment: Assessment;
  readonly items: readonly ItemStatistics[];
}

/** Below this an item tells the strong from the weak too little to be of use. */
const TELLS_LITTLE = 0.1;

function Discrimination({ value }: { readonly value: number | null }) {
  if (value === null) return <span class="dim">{t("items.unknown")}</span>;
  return (
    <>
      {t("items.figure", { value: Math.round(value * 100) / 100 })}{" "}
      {value < TELLS_LITTLE && <span class="badge warn">{t("items.look")}</span>}
    </>
  );
}

function Row({ item, onRegrade }: { readonly item: ItemStatistics; readonly onRegrade: () => void }) {
  return (
    <tr>
      <th scope="row">
        <a class="bank-title wrapany" href={`/questions/${item.question_id}`}>
          <bdi>{item.title}</bdi>
        </a>
        <br />
        <span class="xs mut">
          {t(`bank.kind.${item.kind}`)} · {t("bank.version", { version: item.version })}
        </span>
      </th>
      <td class="r dk">{t("common.number", { value: item.attempts })}</td>
      <td class="r">
        <span class="bar dk" aria-hidden="true">
          <i ref={(bar) => bar?.style.setProperty("inline-size", `${Math.round(item.mean_share * 100)}%`)} />
        </span>
        {t("gradebook.percent", { share: item.mean_share })}
      </td>
      <td class="r dk">
        <Discrimination value={item.discrimination} />
      </td>
      <td class="r">
        <Button size="s" onClick={onRegrade} aria-label={t("items.regradeOf", { title: item.title })}>
          {t("items.regrade")}
        </Button>
      </td>
    </tr>
  );
}

function Items({ assessment, items, again }: Loaded & { readonly again: () => void }) {
  const [regrading, setRegrading] = useState<ItemStatistics | null>(null);
  if (items.length === 0)
    return (
      <section class="card">
        <Empty icon="signal" title={t("items.none")}>
          <p>{t("items.noneDo")}</p>
        </Empty>
      </section>
    );
  return (
    <>
      <p class="hint items-about">{t("items.about")}</p>
      <section class="card items-card" aria-label={t("assessment.items")}>
        <table class="tbl">
          <thead>
            <tr>
              <th scope="col">{t("bank.question")}</th>
              <th scope="col" class="r dk">
                {t("items.attempts")}
              </th>
              <th scope="col" class="r">
                {t("items.mean")}
              </th>
              <th scope="col" class="r dk">
                {t("items.discrimination")}
              </th>
              <th scope="col">
                <span class="sr">{t("items.regrade")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Row key={`${item.question_id} ${item.version}`} item={item} onRegrade={() => setRegrading(item)} />
            ))}
          </tbody>
        </table>
      </section>
      {regrading && <RegradeDialog assessmentId={assessment.id} item={regrading} onDone={again} onClose={() => setRegrading(null)} />}
    </>
  );
}

export function ItemsPage({ assessmentId }: { readonly assessmentId: string }) {
  const loading = useLoading(async (signal): Promise<Loaded> => {
    const [{ data: assessment }, items] = await Promise.all([assessments.get(assessmentId, signal), assessments.items(assessmentId, signal)]);
    return { assessment, items };
  }, [assessmentId]);
  return (
    <Frame title={t("assessment.items")}>
      <Ready of={loading} lines={8}>
        {({ assessment, items }) => (
          <>
            <ExamHead id={assessment.id} courseId={assessment.course_id} title={assessment.title} state={assessment.state} />
            <Items assessment={assessment} items={items} again={loading.again} />
          </>
        )}
      </Ready>
    </Frame>
  );
}
