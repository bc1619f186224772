import { usePlace } from "../app/router";
import { useUi } from "../app/ui";
import { Customer } from "../customer/Customer";
import { Timeline } from "../timeline/Timeline";
import { useNeighbours } from "./ahead";
import styles from "./Desk.module.css";
import { List } from "./List";

export function Desk() {
  const { customer } = usePlace();
  const panel = useUi((state) => state.panel);
  const list = useUi((state) => state.list);
  useNeighbours();
  return (
    <div
      className={styles.desk}
      data-panel={panel ? "on" : "off"}
      data-list={list ? "on" : "off"}
      data-open={customer === null ? "list" : "timeline"}
    >
      <List />
      <Timeline key={customer ?? ""} />
      {customer !== null && <Customer key={`panel ${customer}`} customer={customer} />}
    </div>
  );
}
