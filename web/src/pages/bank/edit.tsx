/** Writes an item, new or known: a change of what is asked or what is right makes the next version. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { drop } from "../../core/drafts";
import { Refused } from "../../core/errors";
import { address, go } from "../../core/location";
import { courses } from "../../core/school";
import { bank } from "../../core/teaching";
import type { Answer } from "../../core/api";
import { locale, t } from "../../i18n";
import type { BankWords, Course, Question, QuestionKind } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { say } from "../words";
import { ConflictDialog } from "./conflict";
import { blank, draftOf, KINDS, type Draft } from "./draft";
import { Editor } from "./editor";
import { Provenance } from "../factory/card";
import { SimilarCard } from "../factory/similar";
import { StateBadge } from "./page";
import { VersionsDialog } from "./versions";
import "./bank.css";

function Head({ courseId, title, children }: { readonly courseId: string; readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div>
      <a class="crumb" href={`/courses/${courseId}/bank`}>
        <Icon name="left" class="s mir" />
        {t("bank.title")}
      </a>
      <div class="row w">
        <h1>{title}</h1>
        {children}
      </div>
    </div>
  );
}

interface Place {
  readonly course: Course;
  readonly words: BankWords;
}

async function placeOf(courseId: string, signal: AbortSignal): Promise<Place> {
  const [course, words] = await Promise.all([courses.get(courseId, signal), bank.words(courseId, signal)]);
  return { course, words };
}

function wantedKind(): QuestionKind {
  const asked = new URLSearchParams(address.value.split("?")[1] ?? "").get("kind");
  return KINDS.find((kind) => kind === asked) ?? "single_choice";
}

export function NewQuestionPage({ courseId }: { readonly courseId: string }) {
  const [kind] = useState(wantedKind);
  const [start] = useState(() => blank(kind, locale()));
  const loading = useLoading((signal) => placeOf(courseId, signal), [courseId]);
  return (
    <Frame title={t("bank.new")}>
      <Ready of={loading} lines={10}>
        {({ words }) => (
          <Editor
            name={`question.${courseId}.${kind}`}
            start={start}
            words={words}
            pictures={{}}
            back={`/courses/${courseId}/bank`}
            head={<Head courseId={courseId} title={t(`bank.kind.${kind}`)} />}
            onSave={async (draft) => {
              await bank.create(courseId, draft);
              toast(t("bank.added", { title: draft.title }));
              go(`/courses/${courseId}/bank`);
            }}
          />
        )}
      </Ready>
    </Frame>
  );
}

interface KnownProps {
  readonly question: Question;
  readonly etag: string | undefined;
  readonly words: BankWords;
  readonly again: () => void;
}

function Known({ question, etag, words, again }: KnownProps) {
  const [open, setOpen] = useState<"versions" | "retire" | null>(null);
  const [theirs, setTheirs] = useState<{ readonly answer: Answer<Question>; readonly mine: Draft } | null>(null);
  const name = `question.${question.id}`;
  const close = () => setOpen(null);
  const done = (saved: Question) => {
    drop(name);
    toast(t(saved.version > question.version ? "bank.savedVersion" : "bank.saved", { title: saved.title, version: saved.version }));
    again();
  };
  const save = async (mine: Draft, basis: string | undefined) => {
    const { kind: _, ...body } = mine;
    try {
      done((await bank.change(question.id, body, basis)).data);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 412)) throw error;
      setTheirs({ answer: await bank.get(question.id), mine });
      throw error;
    }
  };
  const retire = async () => {
    try {
      await bank.retire(question.id);
      drop(name);
      toast(t("bank.retired", { title: question.title }));
      go(`/courses/${question.course_id}/bank`);
    } catch (error) {
      toast(say(error));
    }
  };
  return (
    <>
      <Editor
        key={`${question.version} ${question.updated_at}`}
        name={name}
        start={draftOf(question)}
        etag={etag}
        words={words}
        pictures={question.pictures}
        back={`/courses/${question.course_id}/bank`}
        head={
          <Head courseId={question.course_id} title={t(`bank.kind.${question.kind}`)}>
            <StateBadge state={question.state} />
            <Button size="s" look="ghost" onClick={() => setOpen("versions")}>
              {t("bank.version", { version: question.version })}
            </Button>
          </Head>
        }
        tools={
          question.state !== "retired" && (
            <Button look="danger-outline" onClick={() => setOpen("retire")}>
              {t("bank.retire")}
            </Button>
          )
        }
        onSave={save}
      />
      <Provenance questionId={question.id} />
      <SimilarCard questionId={question.id} />
      {open === "versions" && <VersionsDialog id={question.id} newest={question.version} onClose={close} />}
      {open === "retire" && (
        <Confirm title={t("bank.retireTitle", { title: question.title })} action={t("bank.retire")} danger onYes={retire} onClose={close}>
          {t("bank.retireText")}
        </Confirm>
      )}
      {theirs && (
        <ConflictDialog
          theirs={theirs.answer.data}
          onMine={() => {
            setTheirs(null);
            save(theirs.mine, theirs.answer.etag).catch((error: unknown) => toast(say(error)));
          }}
          onTheirs={() => {
            drop(name);
            setTheirs(null);
            again();
          }}
          onClose={() => setTheirs(null)}
        />
      )}
    </>
  );
}

export function QuestionPage({ questionId }: { readonly questionId: string }) {
  const loading = useLoading(async (signal) => {
    const { data: question, etag } = await bank.get(questionId, signal);
    return { question, etag, ...(await placeOf(question.course_id, signal)) };
  }, [questionId]);
  const title = loading.now.is === "ready" ? loading.now.value.question.title : t("bank.title");
  return (
    <Frame title={title}>
      <Ready of={loading} lines={10}>
        {({ question, etag, words }) => <Known key={etag} question={question} etag={etag} words={words} again={loading.again} />}
      </Ready>
    </Frame>
  );
}
