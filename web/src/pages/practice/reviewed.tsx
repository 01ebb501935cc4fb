/** Items of a lesson with what was answered, how that went, and the key. */
import type { PracticeLesson } from "../../core/practising";
import { t } from "../../i18n";
import type { PracticeItem } from "../../protocol/api";
import { Question, Verdict } from "../../ui/question";

export function Reviewed({ lesson, items }: { readonly lesson: PracticeLesson; readonly items: readonly PracticeItem[] }) {
  return (
    <ol class="reviewed">
      {items.map((item) => {
        const verdict = lesson.verdicts.value[item.id];
        return (
          <li key={item.id}>
            <div class="row w">
              <b class="sm mut">{t("practice.itemOf", { number: lesson.items.indexOf(item) + 1, count: lesson.items.length })}</b>
              {verdict && verdict.correct !== null && <Verdict correct={verdict.correct} inPart={verdict.earned_milli > 0} />}
            </div>
            <Question
              kind={item.kind}
              content={item.content}
              pictures={lesson.pictures.value}
              value={lesson.values.value[item.id] ?? null}
              review={verdict && { key: verdict.key, correct: verdict.correct }}
              name={`r-${item.id}`}
            />
          </li>
        );
      })}
    </ol>
  );
}
