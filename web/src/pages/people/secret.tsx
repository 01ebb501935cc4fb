/** A password that is shown once, and copied with one press. */
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../ui/button";

export function Secret({ value }: { readonly value: string }) {
  const [copied, setCopied] = useState(false);
  // The clipboard is there only on secure origins; elsewhere the words are selected by hand.
  const copy = "clipboard" in navigator ? () => void navigator.clipboard.writeText(value).then(() => setCopied(true)) : null;
  return (
    <div class="secret">
      <code class="mono sp" dir="ltr">
        {value}
      </code>
      {copy && (
        <Button size="s" icon={copied ? "check" : "copy"} onClick={copy}>
          {t(copied ? "people.copied" : "people.copy")}
        </Button>
      )}
    </div>
  );
}
