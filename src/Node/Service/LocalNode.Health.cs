using Omega.P2P.Engine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Health;

namespace Omega.P2P.Node.Service;

/// <summary>Scrubbing, and why things are where they are.</summary>
internal sealed partial class LocalNode
{
    public IReadOnlyList<WhyAnswer> Why(string id, CancellationToken cancel) =>
        [.. Meant(id, includesRemoved: true).Select(info => Shown(Store.Explain(info.Key, SystemClock.Now())))];

    public ScrubAnswer Scrub(string action, long? rate, CancellationToken cancel)
    {
        var now = SystemClock.Now();
        switch (action)
        {
            case "start":
                Store.StartScrub(rate, now);
                break;
            case "pause":
                Store.PauseScrub();
                break;
            case "resume":
                Store.ResumeScrub(now);
                break;
            case "status":
                break;
            default:
                throw OmegaException.Usage($"'{action}' is no action", "action", "start, pause, resume or status");
        }

        if (!_isDaemon && action is "start" or "resume") ScrubHere(cancel);
        var scrub = Store.Scrub;
        return new ScrubAnswer(
            scrub.State, scrub.BytesDone, scrub.BytesTotal, scrub.Passes, scrub.RateBytes,
            scrub.EndedUnixMs == 0 ? null : Figures.Time(scrub.EndedUnixMs),
            [.. scrub.Repairs.Select(repair => $"{repair.Block} {repair.Code}")]);
    }

    /// <summary>No daemon would carry it on: the pass ends here, or is paused where it was interrupted.</summary>
    private void ScrubHere(CancellationToken cancel)
    {
        while (Store.WorkScrub(SystemClock.Now()))
        {
            if (!cancel.IsCancellationRequested) continue;
            Store.PauseScrub();
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static WhyAnswer Shown(KeepReport report)
    {
        var artifact = report.Artifact;
        var keepers = new List<string>();
        keepers.AddRange(report.Holds.Select(hold => $"legal hold {hold.Name}"));
        keepers.AddRange(report.Pins.Select(pin => $"pin {pin.Name}"));
        if (artifact.RemovedUnixMs is null) keepers.Add("it is live");
        if (artifact.Published.Count > 0) keepers.Add($"published to {string.Join(", ", artifact.Published)}");
        if (report.References > 0) keepers.Add($"{report.References} kept artifacts refer to it");
        if (report.Packages > 0) keepers.Add($"{report.Packages} kept packages contain it");
        keepers.AddRange(report.SharedBy.Select(other => $"{other} has the same content"));
        return new WhyAnswer(
            artifact.Content.ToString(), artifact.Key.ToString(), report.IsKept, keepers, WhatFrees(report),
            [.. report.Locations.Select(location => new LocationAnswer(
                location.Block?.ToString() ?? "log", location.Bytes, location.Tier.ToString().ToLowerInvariant(),
                location.Restore == RestoreStatus.Here ? "here" : "needs-holder"))]);
    }

    private static string WhatFrees(KeepReport report)
    {
        if (report.Locations.Count == 0) return "nothing: its bytes are gone, the history keeps that it was";
        if (report.Holds.Count > 0) return "omega hold rm, then what else keeps it";
        if (report.Pins.Count > 0) return "omega pin rm, then what else keeps it";
        if (report.Artifact.RemovedUnixMs is null)
        {
            return report.Rule is { Expires: true } rule
                ? $"retention (keep-last {rule.KeepLast?.ToString() ?? "-"}, keep-for {Periods.Show(rule.KeepForMs)}), "
                    + "or omega rm; then omega gc run after the grace period"
                : "omega rm, then omega gc run after the grace period";
        }

        if (report.IsKept) return "the removal of what refers to it, contains it or shares its content";
        return report.GraceLeftMs > 0
            ? $"omega gc run, after {Periods.Show(report.GraceLeftMs)} more of running time"
            : "omega gc run";
    }
}
