using Omega.P2P.Federation;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Service;

/// <summary>Tenants: the node knows whom bytes are encrypted to, never how to decrypt them.</summary>
internal sealed partial class LocalNode
{
    public IReadOnlyList<TenantAnswer> Tenants(CancellationToken cancel) =>
        [.. Store.Tenants.Select(tenant => new TenantAnswer(tenant.Key, tenant.Value))];

    public TenantAnswer AddTenant(string name, IReadOnlyList<string> recipients, CancellationToken cancel)
    {
        RequireTag(name, "NAME");
        foreach (var recipient in recipients)
        {
            if (!AgeRecipient.TryParse(recipient, out _))
                throw OmegaException.Usage($"'{recipient}' is no X25519 recipient of age", "--recipient",
                    "omega key gen age, or age-keygen, prints one: age1…");
        }

        Store.Tenants.TryGetValue(name, out var known);
        var wanted = (known.IsDefault ? [] : known).Concat(recipients).Distinct().ToList();
        if (wanted.Count == 0) throw OmegaException.Usage("a tenant needs a recipient", "--recipient");
        AskMesh<CommandResult.Done>(new MeshCommand.SetTenant(name, wanted), cancel);
        return RequireTenant(name);
    }

    public TenantAnswer RemoveTenant(string name, IReadOnlyList<string> recipients, CancellationToken cancel)
    {
        var known = RequireTenant(name);
        if (recipients.Except(known.Recipients).FirstOrDefault() is { } unknown)
            throw OmegaException.NotFound($"{unknown} is no recipient of {name}", "omega tenant ls");
        IReadOnlyList<string> left = recipients.Count == 0 ? [] : [.. known.Recipients.Except(recipients)];
        AskMesh<CommandResult.Done>(new MeshCommand.SetTenant(name, left), cancel);
        return new TenantAnswer(name, left);
    }

    private TenantAnswer RequireTenant(string name) => Store.Tenants.TryGetValue(name, out var recipients)
        ? new TenantAnswer(name, recipients)
        : throw OmegaException.NotFound($"there is no tenant {name}", "omega tenant add NAME --recipient age1…");

    /// <summary>What arrives for a tenant is ciphertext, whoever sends it: this process never sees the bytes.</summary>
    private void RequireCiphertext(string tenant, ReadOnlySpan<byte> first)
    {
        RequireTenant(tenant);
        if (!AgeFormat.IsAge(first))
            throw new OmegaException(ExitCode.Refused, "not_encrypted",
                $"bytes for tenant {tenant} must come encrypted (age v1, binary)")
            {
                Hint = "omega put --tenant encrypts them",
                Field = "--tenant",
            };
    }
}
