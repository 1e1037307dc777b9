using Omega.P2P.Primitives.Artifacts;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// Asked for one brane's attestations of up to <see cref="AttestationBatch.CountMax"/> artifacts at a time, on any
/// thread and perhaps side by side; gives them in the same order. Several under one signature cost the store one
/// verification and one receipt. Puts that end together are attested together where their delegates are equal, so hand
/// in a method of one object that lasts.
/// </summary>
/// <param name="descriptors">Different artifacts that the brane has not attested yet.</param>
public delegate IReadOnlyList<Attestation> AttestMany(IReadOnlyList<Descriptor> descriptors);
