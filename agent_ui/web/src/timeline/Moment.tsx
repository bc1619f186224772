import { clock, exact } from "../i18n/format";

/** Short on screen, exact on hover and for screen readers. */
export const Moment = ({ at }: { at: string }) => (
  <time dateTime={at} title={exact(at)}>
    {clock(at)}
  </time>
);
