import { t } from "../i18n/t";
import { Empty } from "../look/parts";
import type { TimelineState } from "../sync/timeline";
import { addressWords } from "./read";

/** First contact: no history, but what is known. */
export function Known({ state }: { state: TimelineState }) {
  const words = state.customer.addresses.map((one) => addressWords(one)).filter(Boolean);
  return (
    <Empty icon="user" title={t("First contact. No history.")}>
      {words.length > 0 && (
        <p>
          {t("What we know so far")}: <bdi className="t2">{words.join(", ")}</bdi>
        </p>
      )}
    </Empty>
  );
}
