// What a customer is called: the name, else the address, else a visitor told apart by the end of the record's id. Pure.

import type { Address } from "../api/types";
import { t } from "../i18n/t";
import { addressWords } from "../timeline/read";

const TAIL = 4;

export function customerName(name: string, customer_id: string, address?: Address): string {
  if (name !== "") return name;
  const words = address === undefined ? "" : addressWords(address);
  return words || t("Visitor {id}", { id: customer_id.slice(-TAIL).toUpperCase() });
}
