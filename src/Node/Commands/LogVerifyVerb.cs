using System.CommandLine;
using System.Text.Json;
using Omega.P2P.Node.Hashing;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega log verify FILE`: needs the file, no store, no daemon, no network.</summary>
internal static class LogVerifyVerb
{
    private static readonly Argument<string> File = new("FILE") { Description = "A tlog-proof file, or - for stdin" };

    private static readonly Option<string> Domain = new("--domain")
    {
        Description = "The domain it must be of",
        HelpName = "dom:…",
    };

    private static readonly Option<string> Key = new("--key")
    {
        Description = "The head key that must have signed",
        HelpName = "did:key:…",
    };

    private static readonly Option<string> With = new("--with")
    {
        Description = "The artifact's bytes: they must be the ones proven",
        HelpName = "FILE",
    };

    public static Verb Create() =>
        new Verb("verify", "Check a proof, offline, and say what it rests on",
            "omega log verify snap.tlog-proof --domain dom:…",
            "omega log verify snap.tlog-proof --domain dom:… --with snap.bin").With(File, Domain, Key, With).Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var trust = TrustOf(context);
        var bytes = Read(context.Get(File));
        if (!ArtifactProof.TryParse(bytes, out var proof, out var error))
            throw Refused("bad_proof", $"{context.Get(File)} is no proof of an artifact: {error.Message}");
        var verdict = proof.Verify(trust);
        if (verdict.Fault != ArtifactProofFault.None) throw Refused(CodeOf(verdict.Fault), Said(verdict.Fault));
        var content = proof.Entry.Descriptor.Content;
        if (context.Get(With) is { } path && ContentOf(path) != content)
            throw Refused("wrong_bytes", $"{path} is not {content}");
        var basis = trust.HeadKey is not null ? "key" : trust.Domain is not null ? "domain" : "file";
        context.Terminal.Object(writer => Write(writer, proof, verdict, basis));
        if (!context.Terminal.Json) Show(context, proof, verdict, basis);
        return ExitCode.Ok;
    }

    private static ProofTrust TrustOf(CommandContext context)
    {
        DomainId? domain = null;
        if (context.Get(Domain) is { } text)
            domain = DomainId.TryParse(text, out var parsed)
                ? parsed
                : throw OmegaException.Usage($"'{text}' is no domain id", "--domain", "omega status shows it");
        if (context.Get(Key) is not { } did) return new ProofTrust(domain, null);
        return Ed25519PublicKey.TryParse(did, out var key)
            ? new ProofTrust(domain, key)
            : throw OmegaException.Usage($"'{did}' is no key", "--key", "did:key:z6Mk…");
    }

    private static byte[] Read(string path)
    {
        try
        {
            using var input = path == "-" ? Console.OpenStandardInput() : System.IO.File.OpenRead(path);
            var buffer = new byte[TlogProof.SizeBytesMax + 1];
            return buffer[..input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no file {path}") { Field = "FILE" };
        }
    }

    private static ContentId ContentOf(string path)
    {
        try
        {
            using var input = System.IO.File.OpenRead(path);
            using var hasher = Blake3Hasher.Create();
            var buffer = new byte[1024 * 1024];
            for (int read; (read = input.Read(buffer)) > 0;) hasher.Update(buffer.AsSpan(0, read));
            return ContentId.From(hasher.Finish());
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no file {path}")
            {
                Field = "--with",
            };
        }
    }

    private static void Show(CommandContext context, ArtifactProof proof, ProofVerdict verdict, string basis)
    {
        var artifact = proof.Entry.Descriptor;
        context.Terminal.Check(
            $"published to {proof.Publication.Audience}: {artifact.Content} ({artifact.Type}, "
                + $"{Figures.Bytes(artifact.Size)})");
        context.Terminal.Check(
            $"leaf {proof.Index} of {verdict.Size} in epoch {verdict.Epoch} of {verdict.Domain}, "
                + $"head signed by {verdict.Head!.Value.ToShort()}"); // a proof that holds has one
        foreach (var signature in verdict.Signatures)
            context.Terminal.Check($"verified {signature.Key.ToShort()} ({RoleOf(signature)})");
        if (context.Get(With) is { } path) context.Terminal.Check($"{path} is these bytes");
        context.Terminal.Check(basis switch
        {
            "key" => "rests on the key you named",
            "domain" => "rests on the domain you named",
            _ => "rests on the file alone: it agrees with itself; --domain or --key say whom you trust",
        });
    }

    private static void Write(Utf8JsonWriter writer, ArtifactProof proof, ProofVerdict verdict, string basis)
    {
        var artifact = proof.Entry.Descriptor;
        writer.WriteString("cid", artifact.Content.ToString());
        writer.WriteString("key", proof.Entry.Key.ToString());
        writer.WriteString("kind", artifact.Type);
        writer.WriteNumber("size", artifact.Size);
        writer.WriteString("audience", proof.Publication.Audience);
        writer.WriteString("domain_id", verdict.Domain.ToString());
        writer.WriteNumber("epoch", verdict.Epoch);
        writer.WriteNumber("index", proof.Index);
        writer.WriteNumber("leaves", verdict.Size);
        writer.WriteString("head_key", verdict.Head!.Value.ToDid()); // a proof that holds has one
        writer.WriteString("rests_on", basis);
        writer.WriteStartArray("signatures");
        foreach (var signature in verdict.Signatures)
        {
            writer.WriteStartObject();
            writer.WriteString("did", signature.Key.ToDid());
            writer.WriteString("role", RoleOf(signature));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string RoleOf(VerifiedSignature signature) =>
        $"{(signature.Role == SignerRole.Brane ? "brane" : "substrate")}.{signature.Name}";

    private static OmegaException Refused(string code, string message) =>
        new(ExitCode.VerificationFailed, code, message) { Field = "FILE" };

    private static string CodeOf(ArtifactProofFault fault) => fault switch
    {
        ArtifactProofFault.NotInLog => "not_in_log",
        ArtifactProofFault.OtherDomain => "other_domain",
        ArtifactProofFault.NoManifests => "no_manifests",
        ArtifactProofFault.BadManifests => "bad_manifests",
        ArtifactProofFault.BadHead => "bad_head",
        ArtifactProofFault.BadArtifact => "bad_signature",
        _ => "not_this_artifact",
    };

    private static string Said(ArtifactProofFault fault) => fault switch
    {
        ArtifactProofFault.NotInLog => "the path does not lead to the head: the leaf is not in that log",
        ArtifactProofFault.OtherDomain => "the head is not of the domain you named",
        ArtifactProofFault.NoManifests => "the file does not say which key may sign: name it with --key",
        ArtifactProofFault.BadManifests => "the manifests in the file are not those of the head's domain",
        ArtifactProofFault.BadHead => "the head is not signed by the key that counts",
        ArtifactProofFault.BadArtifact => "a signature on the artifact does not hold",
        _ => "the leaf is about another artifact than the one in the file",
    };
}
