//! Words that are chosen from a list.

/// Declares an enum of a service's domain for one of the contract, with the name of each word: the
/// contract's words without their `…_UNSPECIFIED`, which is `None` here. A word is stored by its name.
///
/// ```ignore
/// chassis::vocabulary! {
///     /// Whether there is housing.
///     HousingKind as pb::HousingKind {
///         /// None.
///         None = "NONE",
///         /// Offered, for rent.
///         Offered = "OFFERED",
///     }
/// }
/// ```
#[macro_export]
macro_rules! vocabulary {
    (
        $(#[$about:meta])*
        $name:ident as $wire:ty { $($(#[$meaning:meta])* $word:ident = $text:literal,)+ }
    ) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize, ::sqlx::Type,
        )]
        #[sqlx(type_name = "text")]
        pub enum $name {
            $(
                $(#[$meaning])*
                #[serde(rename = $text)]
                #[sqlx(rename = $text)]
                $word,
            )+
        }

        impl $name {
            /// All words.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The name, in capitals.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }

            /// The word with this number in the contract; none for `…_UNSPECIFIED` and for numbers
            /// that the contract does not declare.
            #[must_use]
            pub fn from_number(number: i32) -> ::std::option::Option<Self> {
                type Wire = $wire;
                match Wire::try_from(number) {
                    $(::std::result::Result::Ok(Wire::$word) => ::std::option::Option::Some(Self::$word),)+
                    _ => ::std::option::Option::None,
                }
            }

            /// The number in the contract.
            #[must_use]
            pub fn number(self) -> i32 {
                type Wire = $wire;
                match self {
                    $(Self::$word => Wire::$word as i32,)+
                }
            }
        }
    };
}
