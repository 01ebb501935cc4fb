/** What an address shows that leads nowhere. */
import { t } from "../i18n";
import { ButtonLink } from "../ui/button";
import { Frame } from "./frame";

export function NowherePage() {
  return (
    <Frame title={t("nowhere.title")} narrow>
      <div class="empty">
        <h1>{t("nowhere.title")}</h1>
        <p>{t("nowhere.text")}</p>
        <ButtonLink href="/" look="primary">
          {t("nowhere.home")}
        </ButtonLink>
      </div>
    </Frame>
  );
}
