// A dialog of the library: traps the focus, gives it back, closes with Escape. Its head is a plain element, so that the
// page keeps one banner.

import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { t } from "../i18n/t";
import styles from "./Dialog.module.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  size?: number | string;
  children: ReactNode;
  /** It stays until it is answered. */
  mustAnswer?: boolean;
  /** The title is only for screen readers; it is there at once and looks after the focus itself. */
  isBare?: boolean;
}

export function Dialog({ title, onClose, size = 520, children, mustAnswer = false, isBare = false }: DialogProps) {
  return (
    <Modal.Root
      opened
      onClose={onClose}
      size={size}
      radius="lg"
      shadow="md"
      classNames={{ content: styles.content ?? "" }}
      yOffset="12vh"
      closeOnEscape={!mustAnswer}
      closeOnClickOutside={!mustAnswer}
      returnFocus={!isBare}
      transitionProps={{ duration: isBare ? 0 : 100, transition: "fade" }}
    >
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content>
        <div className={isBare ? "vh" : styles.head}>
          <Modal.Title className={styles.title}>{title}</Modal.Title>
          {!mustAnswer && !isBare && <Modal.CloseButton aria-label={t("Close")} />}
        </div>
        {isBare ? children : <div className={styles.body}>{children}</div>}
      </Modal.Content>
    </Modal.Root>
  );
}
