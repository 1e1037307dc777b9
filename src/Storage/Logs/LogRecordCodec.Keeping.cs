using System.Diagnostics;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Logs;

/// <summary>Records that say what is kept and what may go.</summary>
internal static partial class LogRecordCodec
{
    private static LogFields FieldsOfKeeping(LogRecord record) => record switch
    {
        LogRecord.Tombstone gone => new LogFields
        {
            Kind = "tombstone",
            Key = gone.Key.Hash,
            Source = gone.Source?.Hash,
            Audience = gone.Audience,
            Text = gone.Reason,
            At = gone.AtMs,
        },
        LogRecord.Pin pin => new LogFields
        {
            Kind = pin.IsRemoved ? "unpin" : "pin",
            Key = pin.Key.Hash,
            Name = pin.Name,
            At = pin.AtMs,
        },
        LogRecord.Hold hold => new LogFields
        {
            Kind = hold.IsReleased ? "release" : "hold",
            Key = hold.Key.Hash,
            Name = hold.Name,
            Text = hold.Reason,
            At = hold.AtMs,
        },
        LogRecord.Retain retain => new LogFields
        {
            Kind = "retain",
            Brane = retain.Rule.Brane,
            Type = retain.Rule.Type,
            KeepLast = retain.Rule.KeepLast,
            KeepFor = retain.Rule.KeepForMs,
            ColdAfter = retain.Rule.ColdAfterMs,
            At = retain.AtMs,
        },
        LogRecord.Alias alias => new LogFields
        {
            Kind = "alias",
            Name = alias.Algorithm,
            Hash = alias.Digest,
            Key = alias.Content.Hash,
        },
        LogRecord.Schema schema => new LogFields
        {
            Kind = "schema",
            Name = schema.Type,
            Hash = schema.Hash,
            Length = schema.Length,
            At = schema.AtMs,
        },
        LogRecord.Mark mark => new LogFields { Kind = "mark", Running = mark.RunningMs, At = mark.AtMs },
        _ => throw new UnreachableException(),
    };

    private static LogRecord? BuildKeeping(LogFields f) => f switch
    {
        { Kind: "tombstone", Key: { } key, Audience: { } audience, At: { } at } => new LogRecord.Tombstone(
            ArtifactKey.From(key), f.Source is { } source ? DomainId.From(source) : null, audience, f.Text, at),
        { Kind: "pin" or "unpin", Key: { } key, Name: { } name, At: { } at } =>
            new LogRecord.Pin(ArtifactKey.From(key), name, f.Kind == "unpin", at),
        { Kind: "hold" or "release", Key: { } key, Name: { } name, At: { } at } =>
            new LogRecord.Hold(ArtifactKey.From(key), name, f.Text, f.Kind == "release", at),
        { Kind: "retain", At: { } at } => new LogRecord.Retain(
            new RetentionRule(f.Brane, f.Type)
            {
                KeepLast = f.KeepLast,
                KeepForMs = f.KeepFor,
                ColdAfterMs = f.ColdAfter,
            },
            at),
        { Kind: "alias", Name: { } name, Hash: { } hash, Key: { } key } =>
            new LogRecord.Alias(name, hash, ContentId.From(key)),
        { Kind: "schema", Name: { } name, Hash: { } hash, Length: { } length, At: { } at } =>
            new LogRecord.Schema(name, hash, (int)Math.Min(length, int.MaxValue), at),
        { Kind: "mark", Running: { } running, At: { } at } => new LogRecord.Mark(running, at),
        _ => null,
    };
}
