/** What an item was before: each of its versions as learners met it. */
import { useState } from "preact/hooks";
import { bank } from "../../core/teaching";
import { t } from "../../i18n";
import { Dialog } from "../../ui/dialog";
import { SelectField } from "../../ui/form";
import { Ready, useLoading } from "../loading";
import { Preview } from "./preview";

interface Props {
  readonly id: string;
  readonly newest: number;
  readonly onClose: () => void;
}

function Version({ id, version }: { readonly id: string; readonly version: number }) {
  const loading = useLoading((signal) => bank.version(id, version, signal), [id, version]);
  return (
    <Ready of={loading}>
      {({ title, kind, content, key, pictures, updated_at }) => (
        <div class="stack">
          <p>
            <bdi class="b">{title}</bdi> <span class="sm mut">{t("bank.writtenAt", { at: updated_at })}</span>
          </p>
          <Preview kind={kind} content={content} answer={key} pictures={pictures} name={`version-${version}`} />
        </div>
      )}
    </Ready>
  );
}

export function VersionsDialog({ id, newest, onClose }: Props) {
  const [version, setVersion] = useState(newest);
  const numbers = Array.from({ length: newest }, (_, index) => newest - index);
  return (
    <Dialog title={t("bank.versions")} onClose={onClose} wide>
      <div class="stack">
        <SelectField
          label={t("bank.versionLabel")}
          value={String(version)}
          onValue={(value) => setVersion(Number(value))}
          options={numbers.map((value) => ({ value: String(value), label: t("bank.version", { version: value }) }))}
        />
        <Version key={version} id={id} version={version} />
      </div>
    </Dialog>
  );
}
