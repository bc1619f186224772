// The mail as its author made it: the hub has cleaned it, DOMPurify cleans it again, and the frame runs no script.
// Pictures from elsewhere would tell the sender that it was read: they load only when asked for.

import DOMPurify from "dompurify";
import { useEffect, useMemo, useRef, useState } from "react";
import { t } from "../i18n/t";
import styles from "./Formatted.module.css";

const PAGE_STYLE =
  "body{margin:0;padding:12px;font:14px/20px system-ui,sans-serif;color:#16191d;background:#fff;overflow-wrap:anywhere}" +
  "img{max-width:100%;height:auto}table{max-width:100%}a{color:#3a4ab5}";

function pageOf(html: string, withPictures: boolean): { page: string; hidden: number } {
  const clean = DOMPurify.sanitize(html, {
    FORBID_TAGS: ["style", "form", "input", "button", "iframe", "object", "embed", "link", "meta", "base"],
    ADD_ATTR: ["data-src", "target"],
    RETURN_DOM: true,
  }) as HTMLElement;
  let hidden = 0;
  for (const picture of clean.querySelectorAll<HTMLImageElement>("img")) {
    const remote = picture.dataset["src"] ?? "";
    const own = picture.getAttribute("src") ?? "";
    if (/^https?:/i.test(own)) picture.removeAttribute("src");
    const wanted = remote || (/^https?:/i.test(own) ? own : "");
    if (wanted === "") continue;
    if (withPictures && /^https:/i.test(wanted)) picture.src = wanted;
    else hidden += 1;
  }
  for (const link of clean.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  const page = `<!doctype html><html><head><meta charset="utf-8"><title>${t("E-mail")}</title><style>${PAGE_STYLE}</style></head><body>${clean.innerHTML}</body></html>`;
  return { page, hidden };
}

export default function Formatted({ html, title }: { html: string; title: string }) {
  const [withPictures, setWithPictures] = useState(false);
  const [height, setHeight] = useState(120);
  const frame = useRef<HTMLIFrameElement>(null);
  const { page, hidden } = useMemo(() => pageOf(html, withPictures), [html, withPictures]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let sizes: ResizeObserver | undefined;
    const measure = (): void => {
      const body = element.contentDocument?.body;
      if (!body) return;
      sizes?.disconnect();
      sizes = new ResizeObserver(() => setHeight(Math.min(4000, body.scrollHeight)));
      sizes.observe(body);
    };
    element.addEventListener("load", measure);
    measure();
    return () => {
      element.removeEventListener("load", measure);
      sizes?.disconnect();
    };
  }, [page]);
  return (
    <div className={styles.holder}>
      {hidden > 0 && (
        <p className={styles.hidden}>
          {t("Pictures from elsewhere are not loaded.")}
          <button className="lnk" type="button" onClick={() => setWithPictures(true)}>
            {t("Load {n}", { n: hidden })}
          </button>
        </p>
      )}
      <iframe
        ref={frame}
        className={styles.frame}
        title={title}
        srcDoc={page}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        style={{ blockSize: height }}
      />
    </div>
  );
}
