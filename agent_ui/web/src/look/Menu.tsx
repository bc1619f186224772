// A menu: the library places it, the keys are ours, since its own roles are not those a screen reader needs. It stands
// inside the landmark of its button.

import { Popover } from "@mantine/core";
import { createContext, useContext, useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { setUi, useUi, type OpenMenu } from "../app/ui";
import styles from "./Menu.module.css";

export interface TargetProps {
  onClick: () => void;
  "aria-haspopup": "menu";
  "aria-expanded": boolean;
}

interface MenuProps {
  /** One of a kind is open at a time; `which` tells several of one name apart. */
  name: NonNullable<OpenMenu>;
  which?: string;
  label: string;
  width?: number;
  position?: "bottom-start" | "bottom-end" | "top-start" | "top-end";
  target: (props: TargetProps) => ReactNode;
  before?: ReactNode;
  children: ReactNode;
}

const Close = createContext<() => void>(() => undefined);

export function Menu({ name, which = "", label, width = 220, position = "bottom-end", target, before, children }: MenuProps) {
  const isOpen = useUi((state) => state.menu === name && state.menuOf === which);
  const button = useRef<HTMLDivElement>(null);
  const close = (): void => {
    setUi({ menu: null, menuOf: "" });
    button.current?.querySelector("button")?.focus();
  };
  return (
    <Popover
      opened={isOpen}
      onChange={(open) => !open && setUi({ menu: null, menuOf: "" })}
      onDismiss={close}
      position={position}
      width={width}
      offset={4}
      withinPortal={false}
      withRoles={false}
      shadow="md"
      transitionProps={{ duration: 100 }}
      classNames={{ dropdown: "menu" }}
    >
      <Popover.Target>
        <div ref={button} className={styles.target}>
          {target({
            onClick: () => (isOpen ? close() : setUi({ menu: name, menuOf: which })),
            "aria-haspopup": "menu",
            "aria-expanded": isOpen,
          })}
        </div>
      </Popover.Target>
      <Popover.Dropdown>
        {before}
        <Close value={close}>
          <Items label={label}>{children}</Items>
        </Close>
      </Popover.Dropdown>
    </Popover>
  );
}

const itemsOf = (menu: HTMLElement | null): HTMLElement[] => [...(menu?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];

function Items({ label, children }: { label: string; children: ReactNode }) {
  const menu = useRef<HTMLDivElement>(null);
  const close = useContext(Close);
  useEffect(() => {
    const items = itemsOf(menu.current);
    (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0])?.focus({ preventScroll: true });
  }, []);

  function onKey(event: KeyboardEvent): void {
    const items = itemsOf(menu.current);
    const at = items.findIndex((item) => item === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (/^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      items[Number(event.key) - 1]?.click();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const wanted = event.key.toLowerCase();
      const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      after.find((item) => item.textContent?.trim().toLowerCase().startsWith(wanted))?.focus();
    }
  }

  return (
    <div ref={menu} role="menu" tabIndex={-1} aria-label={label} onKeyDown={onKey}>
      {children}
    </div>
  );
}

interface ItemProps {
  onClick: () => void;
  children: ReactNode;
  disabled?: boolean;
  checked?: boolean;
}

export function MenuItem({ onClick, children, disabled = false, checked }: ItemProps) {
  const close = useContext(Close);
  return (
    <button
      type="button"
      tabIndex={-1}
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      {...(checked === undefined ? {} : { "aria-checked": checked })}
      aria-disabled={disabled}
      onClick={() => {
        if (disabled) return;
        close();
        onClick();
      }}
    >
      {children}
    </button>
  );
}

export const MenuGroup = ({ label, children }: { label: string; children: ReactNode }) => (
  <div role="group" aria-label={label}>
    <p className="menu-label" aria-hidden="true">
      {label}
    </p>
    {children}
  </div>
);

export const MenuLine = () => <hr />;
