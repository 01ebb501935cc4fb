/** The right answer in words, below one that was given. */
import { t } from "../../i18n";
import { Icon } from "../icon";

export function RightAnswer({ says }: { readonly says: string | undefined }) {
  if (!says) return null;
  return (
    <p class="right-answer">
      <Icon name="check" class="s" />
      <span>
        {t("question.rightAnswer")} <bdi class="b">{says}</bdi>
      </span>
    </p>
  );
}
