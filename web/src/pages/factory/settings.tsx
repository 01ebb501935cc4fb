/** What the school sets for the factory and the tutor: how many look at a risky question, and how hard lessons are. */
import { useState } from "preact/hooks";
import { factory } from "../../core/factory";
import { t } from "../../i18n";
import type { SchoolSettings } from "../../protocol/api";
import { Button } from "../../ui/button";
import { FormFault, Segments, TextField } from "../../ui/form";
import { toast } from "../../ui/toast";
import { Ready, useLoading } from "../loading";
import { useSubmitting } from "../submitting";

interface CardProps {
  readonly settings: SchoolSettings;
  /** Both cards go out whole: each starts from what the other has saved. */
  readonly onSaved: (settings: SchoolSettings) => void;
}

/** A school with one reviewer lets one suffice. */
function ReviewersCard({ settings, onSaved }: CardProps) {
  const { fault, submit } = useSubmitting();
  const save = (reviewers: number) =>
    submit(async () => {
      onSaved(await factory.setSettings({ ...settings, reviewers }));
      toast(t(reviewers === 1 ? "factory.reviewersSaved" : "factory.reviewersBack"));
    });
  return (
    <section class="card stack">
      <header>
        <h2>{t("factory.reviewersNeeded")}</h2>
      </header>
      <p class="sm mut">{t("factory.reviewersNeededText")}</p>
      <div class="row">
        <Segments
          label={t("factory.reviewersNeeded")}
          options={[
            { value: "2", label: t("factory.reviewers.2") },
            { value: "1", label: t("factory.reviewers.1") },
          ]}
          value={String(settings.reviewers)}
          onValue={(value) => void save(Number(value))}
        />
      </div>
      <FormFault says={fault} />
    </section>
  );
}

const LOW = "/band_low_milli";
const HIGH = "/band_high_milli";
/** The school keeps thousandths; people read per cent. */
const MILLI_PER_CENT = 10;

function milli(perCent: string): number {
  return Math.round(Number(perCent) * MILLI_PER_CENT);
}

function BandCard({ settings, onSaved }: CardProps) {
  const [low, setLow] = useState(String(settings.band_low_milli / MILLI_PER_CENT));
  const [high, setHigh] = useState(String(settings.band_high_milli / MILLI_PER_CENT));
  const { busy, fault, faultOf, submit } = useSubmitting([LOW, HIGH]);
  const save = () =>
    submit(async () => {
      onSaved(await factory.setSettings({ ...settings, band_low_milli: milli(low), band_high_milli: milli(high) }));
      toast(t("factory.bandSaved"));
    });
  const wrong = (pointer: string) => faultOf(pointer) && t("factory.bandWrong");
  return (
    <section class="card stack">
      <header>
        <h2>{t("factory.band")}</h2>
      </header>
      <p class="sm mut">{t("factory.bandText")}</p>
      <form
        class="row w saved-beside"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField type="number" min={50} max={90} step={0.1} required label={t("factory.bandLow")} value={low} onValue={setLow} fault={wrong(LOW)} />
        <TextField type="number" min={55} max={95} step={0.1} required label={t("factory.bandHigh")} value={high} onValue={setHigh} fault={wrong(HIGH)} />
        <Button type="submit" busy={busy}>
          {t("common.save")}
        </Button>
      </form>
      <FormFault says={fault} />
    </section>
  );
}

export function SettingsCards() {
  const loading = useLoading((signal) => factory.settings(signal), []);
  const onSaved = (saved: SchoolSettings) => loading.put(() => saved);
  return (
    <Ready of={loading} lines={4}>
      {(settings) => (
        <>
          <ReviewersCard settings={settings} onSaved={onSaved} />
          <BandCard settings={settings} onSaved={onSaved} />
        </>
      )}
    </Ready>
  );
}
