/** How items did in use, those with faults first; a held one can be put back by who has looked at it. */
import { useState } from "preact/hooks";
import { factory } from "../../core/factory";
import { keyOr, t } from "../../i18n";
import type { QualityLine } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { Empty } from "../../ui/states";
import { toast } from "../../ui/toast";
import { Ready, useLoading } from "../loading";
import { say } from "../words";
import { share } from "./money";

function two(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

function inOrder(lines: readonly QualityLine[]): readonly QualityLine[] {
  return lines.toSorted((one, other) => other.faults.length - one.faults.length || other.answered - one.answered);
}

export function QualityCard({ courseId, mayEdit }: { readonly courseId: string; readonly mayEdit: boolean }) {
  const loading = useLoading((signal) => factory.quality(courseId, signal), [courseId]);
  const [releasing, release] = useState<QualityLine | null>(null);
  const putBack = async (line: QualityLine) => {
    try {
      await factory.release(line.question_id);
      loading.again();
    } catch (error) {
      toast(say(error));
    }
  };
  return (
    <section class="card" aria-labelledby="factory-quality">
      <header>
        <h2 id="factory-quality">{t("factory.quality")}</h2>
        <p class="sm mut">{t("factory.qualityText")}</p>
      </header>
      <Ready of={loading} lines={4}>
        {(lines) =>
          lines.length === 0 ? (
            <Empty icon="signal" title={t("factory.noQuality")}>
              <p>{t("factory.noQualityText")}</p>
            </Empty>
          ) : (
            <div class="table-scroll" tabIndex={0} role="group" aria-label={t("factory.quality")}>
              <table class="tbl">
                <thead>
                  <tr>
                    <th scope="col">{t("factory.item")}</th>
                    <th scope="col" class="num">{t("factory.answers")}</th>
                    <th scope="col" class="num">{t("factory.meanShare")}</th>
                    <th scope="col" class="num">{t("factory.goesWith")}</th>
                    <th scope="col">{t("factory.faults")}</th>
                  </tr>
                </thead>
                <tbody>
                  {inOrder(lines).map((line) => (
                    <tr key={line.question_id}>
                      <th scope="row">
                        <a href={`/questions/${line.question_id}`}>
                          <bdi>{line.title}</bdi>
                        </a>
                        {line.state === "held" && <span class="badge warn">{t("factory.held")}</span>}
                      </th>
                      <td class="num">{line.answered}</td>
                      <td class="num">{share(line.mean_share)}</td>
                      <td class="num">{two(line.point_biserial)}</td>
                      <td>
                        {line.faults.map((fault) => t(keyOr(`factory.fault.${fault}`, "factory.fault.other"))).join(" · ")}
                        {line.state === "held" && mayEdit && (
                          <Button size="s" onClick={() => release(line)} aria-label={t("factory.putBackOf", { title: line.title })}>
                            {t("factory.putBack")}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Ready>
      {releasing && (
        <Confirm title={t("factory.putBackTitle", { title: releasing.title })} action={t("factory.putBack")} onYes={() => putBack(releasing)} onClose={() => release(null)}>
          {t("factory.putBackText")}
        </Confirm>
      )}
    </section>
  );
}
