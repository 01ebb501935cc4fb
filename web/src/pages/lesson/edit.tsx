/** Writes a lesson: title and text, a look at how it reads, and a draft that survives a reload. */
import { useEffect, useRef, useState } from "preact/hooks";
import { drop, keep, kept } from "../../core/drafts";
import { Refused } from "../../core/errors";
import { go } from "../../core/location";
import { lessons } from "../../core/school";
import { t } from "../../i18n";
import type { NewLesson } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { FormFault, Segments, TextArea, TextField } from "../../ui/form";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { useSubmitting } from "../submitting";
import { say } from "../words";
import { LessonText } from "./text";
import "./lesson.css";

const TEXT_MAX_CHARS = 200_000;

interface EditorProps {
  readonly title: string;
  /** Under this name the draft is kept. */
  readonly draft: string;
  readonly start: NewLesson;
  readonly back: string;
  readonly onSave: (lesson: NewLesson) => Promise<void>;
  readonly onRemove?: () => Promise<void>;
}

function useDraft(name: string, start: NewLesson) {
  const [draft, setDraft] = useState<NewLesson>(() => kept<NewLesson>(name) ?? start);
  const changed = draft.title !== start.title || draft.text !== start.text;
  useEffect(() => {
    if (changed) keep(name, draft);
    else drop(name);
  }, [name, draft, changed]);
  return { draft, setDraft, changed };
}

function Editor({ title, draft: name, start, back, onSave, onRemove }: EditorProps) {
  const { draft, setDraft, changed } = useDraft(name, start);
  const [side, setSide] = useState<"write" | "read">("write");
  const [removing, setRemoving] = useState(false);
  const { busy, fault, faultOf, submit } = useSubmitting(["/title", "/text"]);
  const save = async () => {
    await onSave({ title: draft.title.trim(), text: draft.text });
    drop(name);
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(save);
      }}
    >
      <div class="row w">
        <h1 class="sp">{title}</h1>
        <Segments
          label={t("lesson.side")}
          options={[
            { value: "write", label: t("lesson.write") },
            { value: "read", label: t("lesson.read") },
          ]}
          value={side}
          onValue={setSide}
        />
      </div>
      <TextField
        label={t("lesson.titleLabel")}
        value={draft.title}
        onValue={(value) => setDraft({ ...draft, title: value })}
        maxLength={200}
        dir="auto"
        required
        fault={faultOf("/title")}
      />
      {side === "write" ? (
        <TextArea
          label={t("lesson.textLabel")}
          hint={t("lesson.textHint")}
          value={draft.text}
          onValue={(value) => setDraft({ ...draft, text: value })}
          maxLength={TEXT_MAX_CHARS}
          dir="auto"
          fault={faultOf("/text")}
        />
      ) : (
        <div class="preview">
          <LessonText text={draft.text} />
        </div>
      )}
      <FormFault says={fault} />
      <div class="acts">
        {onRemove && (
          <Button look="danger-outline" icon="bin" onClick={() => setRemoving(true)}>
            {t("lesson.remove")}
          </Button>
        )}
        <span class="sp sm mut" role="status">
          {changed ? t("lesson.draftKept") : ""}
        </span>
        <ButtonLink href={back}>{t("common.cancel")}</ButtonLink>
        <Button look="primary" type="submit" busy={busy}>
          {t("common.save")}
        </Button>
      </div>
      {removing && onRemove && (
        <Confirm
          title={t("lesson.removeTitle", { title: start.title })}
          action={t("lesson.remove")}
          danger
          onYes={async () => {
            await onRemove().catch((error: unknown) => toast(say(error)));
            drop(name);
          }}
          onClose={() => setRemoving(false)}
        >
          {t("lesson.removeText")}
        </Confirm>
      )}
    </form>
  );
}

export function NewLessonPage({ courseId }: { readonly courseId: string }) {
  return (
    <Frame title={t("lesson.new")} narrow>
      <Editor
        title={t("lesson.new")}
        draft={`new.${courseId}`}
        start={{ title: "", text: "" }}
        back={`/courses/${courseId}`}
        onSave={async (body) => {
          const lesson = await lessons.create(courseId, body);
          go(`/lessons/${lesson.id}`, { replace: true });
        }}
      />
    </Frame>
  );
}

export function EditLessonPage({ lessonId }: { readonly lessonId: string }) {
  const loading = useLoading((signal) => lessons.get(lessonId, signal), [lessonId]);
  const newer = useRef<string | undefined>(undefined);
  return (
    <Frame title={t("lesson.edit")} narrow>
      <Ready of={loading} lines={10}>
        {({ data: lesson, etag }) => (
          <Editor
            title={t("lesson.edit")}
            draft={lesson.id}
            start={{ title: lesson.title, text: lesson.text }}
            back={`/lessons/${lesson.id}`}
            onSave={async (body) => {
              await lessons.change(lesson.id, body, newer.current ?? etag).catch(async (error: unknown) => {
                // The words stay in the draft; the next save is on top of what the other person wrote.
                if (error instanceof Refused && error.status === 412) newer.current = (await lessons.get(lesson.id)).etag;
                throw error;
              });
              go(`/lessons/${lesson.id}`, { replace: true });
            }}
            onRemove={async () => {
              await lessons.remove(lesson.id);
              toast(t("lesson.removed", { title: lesson.title }));
              go(`/courses/${lesson.course_id}`, { replace: true });
            }}
          />
        )}
      </Ready>
    </Frame>
  );
}
