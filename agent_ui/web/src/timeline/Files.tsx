// Attachments: pictures are shown, the rest is named with its size. All open in a tab of their own.

import type { Attachment } from "../api/types";
import { mediaUrl } from "../api/calls";
import { bytes } from "../i18n/format";
import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import styles from "./Files.module.css";

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

export function Files({ files }: { files: readonly Attachment[] }) {
  const shown = files.filter((file) => !file.inline);
  if (shown.length === 0) return null;
  return (
    <ul className={styles.files} aria-label={t("Files")}>
      {shown.map((file) => (
        <li key={file.media_id + file.name}>
          <a className={PICTURES.has(file.type) ? styles.picture : "file"} href={mediaUrl(file)} target="_blank" rel="noopener noreferrer">
            {PICTURES.has(file.type) ? (
              <img src={mediaUrl(file)} alt={t("Picture {name}", { name: file.name })} loading="lazy" />
            ) : (
              <>
                <Icon name="file" className="i14" />
                <b>
                  <bdi>{file.name || t("file")}</bdi>
                </b>
                {bytes(file.size)}
              </>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}
