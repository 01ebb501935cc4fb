/** The files that a learner handed in, to be opened. */
import { t } from "../../i18n";
import type { ItemResult, Script } from "../../protocol/api";
import { Icon } from "../../ui/icon";

export function Files({ item, script }: { readonly item: ItemResult; readonly script: Script }) {
  const ids = Array.isArray(item.value) ? (item.value as readonly string[]) : [];
  if (ids.length === 0) return <p class="mut">{t("marking.noFiles")}</p>;
  return (
    <ul class="file-list">
      {ids.map((id) => {
        const url = script.uploads[id];
        const name = script.upload_names[id] ?? id;
        const why = script.refused_files[item.item.id]?.[id];
        return (
          <li key={id}>
            <Icon name="file" />
            {url && !why ? (
              <a href={url} target="_blank" rel="noreferrer" class="wrapany">
                <bdi>{name}</bdi>
              </a>
            ) : (
              <bdi class="mut">{name}</bdi>
            )}
            {why && <span class="sm c-warn">{t(`marking.refused.${why}`)}</span>}
          </li>
        );
      })}
    </ul>
  );
}
