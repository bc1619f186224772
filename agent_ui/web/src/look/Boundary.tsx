// A part that fails, in drawing or because its code can't be fetched, takes nothing else of the page away.

import { Component, type ReactNode } from "react";

interface BoundaryProps {
  children: ReactNode;
  /** In its place. */
  instead?: ReactNode;
  onFail?: () => void;
}

export class Boundary extends Component<BoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override componentDidCatch(): void {
    this.props.onFail?.();
  }

  override render(): ReactNode {
    return this.state.hasFailed ? (this.props.instead ?? null) : this.props.children;
  }
}
