/** Tells those who teach a course that a batch of its questions was taken back lately. */
import { generation } from "../../core/factory";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { useLoading } from "../loading";

const LATELY_MS = 14 * 24 * 3_600_000;

export function Recalled({ courseId }: { readonly courseId: string }) {
  const loading = useLoading((signal) => generation.ofCourse(courseId, signal), [courseId]);
  if (loading.now.is !== "ready") return null;
  const lately = Date.now() - LATELY_MS;
  if (!loading.now.value.some(({ recalled_at: at }) => at !== null && Date.parse(at) > lately)) return null;
  return (
    <div class="banner warn round lately" role="status">
      <Icon name="alert" />
      <a href={`/courses/${courseId}/factory`}>{t("course.recalled")}</a>
    </div>
  );
}
