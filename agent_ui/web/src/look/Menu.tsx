// A menu of the library with our looks: roving focus, typeahead and giving the focus back are its work.

import { Menu as MantineMenu } from "@mantine/core";
import type { ReactNode } from "react";
import { setUi, useUi, type OpenMenu } from "../app/ui";

interface MenuProps {
  name: NonNullable<OpenMenu>;
  label: string;
  width?: number;
  position?: "bottom-start" | "bottom-end" | "top-start" | "top-end";
  target: ReactNode;
  children: ReactNode;
}

export function Menu({ name, label, width = 220, position = "bottom-end", target, children }: MenuProps) {
  const opened = useUi((state) => state.menu === name);
  return (
    <MantineMenu
      opened={opened}
      onChange={(open) => setUi({ menu: open ? name : null })}
      position={position}
      width={width}
      offset={4}
      transitionProps={{ duration: 100 }}
      keepMounted={false}
      shadow="md"
      classNames={{ dropdown: "menu" }}
    >
      <MantineMenu.Target>{target}</MantineMenu.Target>
      <MantineMenu.Dropdown aria-label={label}>{children}</MantineMenu.Dropdown>
    </MantineMenu>
  );
}

interface ItemProps {
  onClick: () => void;
  children: ReactNode;
  disabled?: boolean;
  checked?: boolean;
}

export function MenuItem({ onClick, children, disabled = false, checked }: ItemProps) {
  return (
    <MantineMenu.Item
      onClick={onClick}
      disabled={disabled}
      data-menu-item
      {...(checked === undefined ? {} : { role: "menuitemradio", "aria-checked": checked })}
    >
      {children}
    </MantineMenu.Item>
  );
}

export const MenuLabel = ({ children }: { children: ReactNode }) => <p className="menu-label">{children}</p>;
export const MenuLine = () => <hr />;
