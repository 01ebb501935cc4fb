/** How the files of an answer get to the school, and what is known of them. */
import { api } from "../../core/api";
import { sendFile } from "../../core/uploads";
import type { Upload } from "../../protocol/api";
import type { FileWays } from "../../ui/question";

export function about(id: string): Promise<Upload> {
  return api.get<Upload>(`/uploads/${id}`);
}

export const files: FileWays = { send: (file, onProgress) => sendFile(file, { onProgress }), about };
