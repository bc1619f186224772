// A dialog of the library: traps the focus, gives it back, closes with Escape.

import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { t } from "../i18n/t";

interface DialogProps {
  title: string;
  onClose: () => void;
  size?: number | string;
  children: ReactNode;
  isOpen?: boolean;
  /** It stays until it is answered. */
  mustAnswer?: boolean;
}

export function Dialog({ title, onClose, size = 520, children, isOpen = true, mustAnswer = false }: DialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      size={size}
      radius="lg"
      shadow="md"
      padding="lg"
      withCloseButton={!mustAnswer}
      closeOnEscape={!mustAnswer}
      closeOnClickOutside={!mustAnswer}
      closeButtonProps={{ "aria-label": t("Close") }}
      overlayProps={{ backgroundOpacity: 0.35 }}
      transitionProps={{ duration: 100, transition: "fade" }}
      styles={{
        title: { fontWeight: 600, fontSize: "var(--t-lg)" },
        content: { background: "var(--raised)" },
        header: { background: "var(--raised)" },
      }}
    >
      {children}
    </Modal>
  );
}
