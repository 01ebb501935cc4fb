/** Items of the bank that are like this one, the most alike first. */
import { factory } from "../../core/factory";
import { t } from "../../i18n";
import { useLoading } from "../loading";
import { share } from "./money";

export function SimilarCard({ questionId }: { readonly questionId: string }) {
  const loading = useLoading((signal) => factory.similar(questionId, signal), [questionId]);
  if (loading.now.is !== "ready" || loading.now.value.items.length === 0) return null;
  return (
    <section class="card" aria-labelledby="similar">
      <header>
        <h2 id="similar">{t("factory.similar")}</h2>
      </header>
      <ul class="list">
        {loading.now.value.items.map((one) => (
          <li key={one.question_id}>
            <a class="g" href={`/questions/${one.question_id}`}>
              <bdi>{one.title}</bdi>
            </a>
            <span class="sm mut">{t("factory.level", { level: one.level })}</span>
            <span class="badge num">{t("factory.likeness", { share: share(one.likeness) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
